# The words of birthday gifts: short, to a colleague at the counter, with the way out.
plugin-name = Birthday gifts

## Records
employee = Employee
    .employee_no = Employee no.
    .name = Name
    .department = Department
    .birthday = Birthday
    .joined_on = Joined on
    .left_on = Left on
    .is_active = Works here
employee-state =
    .active = Active
    .left = Left
employee-leave = Has left

handover-list = Hand-over list
    .opened_on = Made on
    .handed_over_at = Handed over at
    .n_gifts = Gifts
handover-list-state =
    .open = To be signed
    .handed-over = Handed over

gift = Birthday gift
    .employee = Employee
    .year = Year
    .name = Name
    .department = Department
    .birthday_on = Birthday
    .list = Hand-over list
    .voucher_no = Voucher no.
    .voucher_fen = Voucher
    .announced_on = Announced on
    .delivered_at = Delivered at
    .signed_by = Signed by
    .returned_on = Returned on
    .cancelled_on = Cancelled on
gift-state =
    .expected = With HR
    .received = At the desk
    .to-return = To be returned
    .delivered = Delivered
    .returned-to-hr = Returned to HR
    .cancelled = Cancelled
gift-note-voucher = Note the voucher
    .voucher_no = Voucher no.
    .voucher_fen = Value
gift-deliver = Deliver
    .signed_by = Signed by
gift-return-to-hr = Return to HR

## Boxes to sign in
box-hr = HR
box-desk = Service desk

## Due
due-list-to-sign = Hand-over list to be signed
due-to-deliver = Birthday gift to be delivered
due-to-return = Gift of somebody who has left, to be returned

## Jobs and settings
job-list-next-month = List of next month's birthdays
job-todays-birthdays = Today's birthdays
setting-minimum_tenure_months = Months of service from which somebody has a gift
setting-leap_day = Birthday of those born on 29 February, in a common year
outcome-listed = listed { $listed }
outcome-announced = announced { $announced }, to deliver { $to-deliver }

## Registers
register-gift = Register of birthday gifts
    .signed-by-hand = Signature

## What can't be done
refused-employee-has-left = This employee has left: the gift goes back to HR.
refused-gift-is-handed-over = This gift was handed over already; its voucher stays as it is.
refused-voucher-is-worth-nothing = A voucher is worth more than zero.
refused-gift-is-not-handed-over = HR has not handed this gift over yet: the list is to be signed first.
refused-gift-is-delivered = This gift was delivered already; there is one a year.
refused-birthday-is-ahead = The birthday is still to come: the gift is delivered on the day.
refused-employee-signs-in-person = { $name } has to sign for this in person.
refused-gift-need-not-go-back = This gift need not go back: only those of people who have left do.
refused-hr-signs-for-it = HR takes the gift back against a signature.
refused-list-is-closed = This list is signed and closed.
refused-list-has-changed = The list has just changed: look at it again, then sign.
refused-list-is-empty = There is no gift left on this list.
refused-voucher-is-missing = The voucher of { $name } is not noted yet: note its number and value, then sign.

## Input
joined-before-born = The first day of service lies before the day of birth: look at HR's list.

## Notices
notice-list-is-made = The list of the next birthdays is made ({ $number }, { $n } gifts): please bring cards and vouchers, and sign.

## Forms
form-handover-list = Birthday gifts: hand-over
    .birthdays = Birthdays
    .opened-on = Made
    .count = Gifts
    .row = #
    .name = Name
    .department = Department
    .birthday = Birthday
    .voucher-no = Voucher no.
    .voucher = Value (yuan)
    .total = Total (yuan)
    .rule = For staff with enough service, counted to the birthday. HR hands cards and vouchers over and signs first, then the desk.
form-card = Birthday card
    .greeting = Happy birthday!
    .wish = Everybody at the mall wishes you health, joy and a good year. Thank you for being with us.
form-broadcast-script = Birthday broadcast
    .opening = Dear customers, dear colleagues: today is a special day.
    .people = It is the birthday of
    .closing = We wish them a happy birthday, health and all the best. Please come to the service desk: a gift is waiting for you.
    .nobody = There is no birthday today.
    .read-at = Read at
    .reader = Reader
form-delivery-list = Birthday gifts to deliver
    .row = #
    .number = Number
    .name = Name
    .department = Department
    .birthday = Birthday
    .waiting = Days
    .voucher-no = Voucher no.
    .voucher = Value (yuan)
    .signature = Signature
    .rule = Delivered on the birthday, signed for in person. What could not be delivered is listed again each morning.
    .desk = Service desk
