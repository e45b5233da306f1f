# The words of first-aid medicine: short, to a colleague at the counter, with the way out.
plugin-name = First-aid medicine

## Records
item = Medicine
    .name = Name
    .unit = Unit
    .minimum = Minimum
item-receive = Receive
    .lot_no = Lot no.
    .expires_on = Expires on
    .quantity = Quantity
action-set-up-standard-list = Enter the standard list

lot = Lot
    .item = Medicine
    .lot_no = Lot no.
    .expires_on = Expires on
    .received_on = Received on
    .quantity = Quantity
    .was_warned = Warned of
    .disposal = Disposal slip
    .quarantined_on = Quarantined on
    .reason = Reason
    .disposed_on = Disposed on
lot-state =
    .usable = Usable
    .quarantined = Quarantined
    .finished = Finished
    .disposed = Disposed of
lot-count = Count
    .counted = How many there are
    .note = Why it differs
lot-quarantine = Set aside
    .reason = What is wrong with it

movement = Movement
    .lot = Lot
    .quantity = Quantity
    .moved_on = Day
    .reason = Reason
    .given = Use
    .disposal = Disposal slip
    .note = Note
movement-reason =
    .received = Received
    .used = Used
    .counted = Counted
    .disposed = Disposed of

use = Use of medicine
    .item = Medicine
    .item_name = Medicine
    .quantity = Quantity
    .lots = Lots
    .given_to = Given to
    .name = Name
    .complaint = What happened
    .is_urgent = Urgent
    .used_on = Day
    .given_by = Given by
use-given_to =
    .customer = Customer
    .staff = Staff

restock = Restock request
    .item = Medicine
    .requested_on = Requested on
    .in_stock = In stock
    .minimum = Minimum
    .received_on = Received on
    .reason = Reason
restock-state =
    .open = Open
    .received = Received
    .cancelled = Cancelled
restock-cancel = Cancel
    .reason = Reason

disposal = Disposal slip
    .opened_on = Written on
    .manner = How it is disposed of
    .disposed_at = Disposed at
    .n_lots = Lots
disposal-state =
    .open = To be signed
    .disposed = Disposed of

clinic = Clinic nearby
    .name = Name
    .telephone = Telephone
    .address = Address
    .hours = Hours

training = First-aid training
    .clerk = Clerk
    .trained_on = Trained on
    .renew_by = Holds through
training-renew = Renew
    .trained_on = Trained on
    .renew_by = Holds through

## Boxes to sign in
box-clerk = Clerk
box-supervisor = Supervisor

## Due
due-expires-soon = Lot expires soon
due-to-dispose = Quarantined, to be disposed of
due-to-restock = Restock request waits
due-disposal-to-sign = Disposal slip to be signed
due-training-to-renew = First-aid training to be renewed

## Jobs and settings
job-expiry-check = Expiry check
job-stock-check = Stock check
setting-expiry_warning_days = Days before the expiry date from which a lot is warned of
setting-training_warning_days = Days before a training runs out from which it is due for renewal
outcome-warned = warned of { $warned }, quarantined { $quarantined }
outcome-requested = requested { $requested }

## Registers
register-use = Register of medicine used
    .received-by-hand = Signature

## What can't be done
refused-quantity-is-not-positive = Please give a quantity of at least one.
refused-lot-is-past-its-date = This lot is past its expiry date; it may not be taken in or given. Send it back.
refused-lot-has-another-date = This lot is in the books with another expiry date: look at the package again.
refused-lot-is-set-aside = This lot is set aside already; nothing is added to it or given from it.
refused-lot-has-left = This lot has left the stock; there is nothing to count.
refused-quarantined-lots-leave-by-a-slip = A quarantined lot is not counted: it leaves by a disposal slip that two people sign.
refused-count-is-negative = A count can't be negative; please count again.
refused-not-enough-usable = There is not that much { $item } that may be given: lots past their date and quarantined ones don't count. Give less, or call a clinic.
refused-is-requested = This medicine has just been requested.
refused-request-is-done = This request is done with already.
refused-nothing-is-quarantined = Nothing is quarantined, so there is nothing to dispose of.
refused-slip-is-signed = This slip has been signed and stays as it is.
refused-slip-has-changed = The lots on this slip have just changed: look at them again, then sign.
refused-training-is-ahead = A training can't have been taken later than today.
refused-training-holds-no-time = It must hold longer than the day it was taken.

## Notices
notice-urgent-use = Urgent: { $item } was given at the desk ({ $number }). Please come.
notice-lot-expires-soon = { $item }, lot { $lot }, expires on { $expires }: { $n } left.
notice-lot-quarantined = { $item }, lot { $lot }, expired on { $expires } and is quarantined: { $n } to be disposed of.
notice-restock = { $item }: { $n } { $unit } left, { $minimum } wanted. The request is printed.

## Forms
form-stock = Stock register of medicine
    .row = #
    .item = Medicine
    .lot-no = Lot no.
    .expires-on = Expires
    .unit = Unit
    .opening = Opening
    .incoming = In
    .outgoing = Out
    .closing = Closing
    .state = May be given
    .usable = yes
    .not-usable = no
    .rule = First to expire is given first. A lot may be given through its expiry date and is quarantined the day after.
    .desk = Service desk
    .supervisor = Supervisor
form-disposal-slip = Disposal of medicine
    .opened-on = Written
    .manner = How it is disposed of
    .count = Lots
    .row = #
    .item = Medicine
    .lot-no = Lot no.
    .expires-on = Expired
    .quantity = Quantity
    .unit = Unit
    .reason = Reason
    .past-date = past its date
    .rule = Quarantined medicine leaves the stock with both signatures only.
form-restock-request = Restock request: medicine
    .requested-on = Requested
    .item = Medicine
    .in-stock = In stock
    .minimum = Minimum
    .lacking = Lacking
    .desk = Service desk
    .purchasing = Purchasing
form-first-aid = First aid: whom to call
    .clinics = Clinics nearby
    .name = Name
    .telephone = Telephone
    .address = Address
    .hours = Hours
    .trained = Clerks trained in first aid
    .clerk = Clerk
    .trained-on = Trained
    .renew-by = Holds through
