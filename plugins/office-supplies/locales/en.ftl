# The words of office supplies: short, to a colleague at the counter, with the way out.
plugin-name = Office supplies

## Records
request = Supply request
    .for_month = For the month of
    .department = Department
    .department_name = Department's name
    .requester = Requester
    .note = Note
    .is_late = Late
    .sheet = Month's order
    .submitted_on = Submitted on
    .approved_at = Approved at
    .approved_by = Approved by
    .issued_on = Issued on
    .issued_to = Issued to
    .reason = Reason
request-state =
    .draft = Draft
    .submitted = Submitted
    .approved = Approved
    .issued = Issued
    .rejected = Rejected
request-ask-for = Ask for an item
    .item = Item
    .quantity = Quantity (0 takes it off)
    .purpose = What for
request-submit = Submit
request-approve = Approve
request-reject = Reject
    .reason = Reason
request-issue = Issue
    .issued_to = Who fetches it

line = Line of a request
    .request = Request
    .item = Item
    .item_name = Item
    .unit = Unit
    .quantity = Quantity
    .purpose = What for
    .department = Department
    .issued_on = Issued on
    .issued_to = Fetched by

month-sheet = Month's order
    .for_month = For the month of
    .closed_on = Closed on

department = Department
    .name = Name
    .contact = Contact
    .is_active = Asks for supplies
    .requested_for = Last month asked for
    .reminded_for = Month reminded of
    .reminder_stage = Reminders of that month

item = Catalogue item
    .name = Name
    .unit = Unit
    .is_offered = May be asked for

consumable = Counter consumable
    .name = Name
    .unit = Unit
    .minimum = Minimum
    .in_stock = In stock
consumable-state =
    .to-refill = To refill
    .enough = Enough
consumable-refill = Refill
    .quantity = How many were put there
consumable-use = Note what was used
    .quantity = How many were taken
consumable-count = Count
    .counted = How many lie there
    .note = Why it differs

movement = Movement of a consumable
    .consumable = Consumable
    .quantity = Quantity
    .moved_on = Day
    .reason = Reason
    .note = Note
movement-reason =
    .refilled = Refilled
    .used = Used
    .counted = Counted

packing = Packing
    .goods = Goods
    .customer = Customer
    .fee_fen = Fee
    .packed_on = Packed on
    .packed_by = Packed by

## Boxes to sign in
box-duty-manager = Duty manager
box-supervisor = Supervisor
box-purchasing = Purchasing

## Due
due-to-submit = Request is still a draft
due-to-approve = Request to be approved
due-to-issue = Supplies wait to be fetched
due-without-request = Department has not asked for next month's supplies
due-to-refill = To refill at the counter

## Jobs and settings
job-deadline-reminder = Reminder before the deadline
job-close-month = Close of the month's requests
setting-deadline_day = Day of the month that requests are taken through
setting-reminder_days_before = Days before the deadline on which departments are reminded
setting-packing_fee_fen = Fee for packing
outcome-reminded = reminded { $reminded }
outcome-merged = merged { $merged }

## Registers
register-line = Issue register of office supplies
    .fetched-by-hand = Signature
register-packing = Register of packing fees

## What can't be done
refused-month-is-not-the-next = Supplies are asked for next month only: leave the month out, or give a day of next month.
refused-department-has-a-request = { $department } has a request for that month already; go on with that one.
refused-request-is-submitted = This request is submitted already and stays as it is.
refused-request-is-a-draft = This request is still a draft; it has to be submitted first.
refused-request-is-decided = This request has been decided on already.
refused-request-is-empty = There is nothing on this request: ask for an item first.
refused-request-has-changed = The lines of this request have just changed: look at them again, then submit.
refused-deadline-is-over = The requests of that month were taken through { $deadline }. A late one needs the duty manager's signature.
refused-quantity-is-negative = A quantity can't be negative; 0 takes the item off.
refused-item-is-not-offered = This item is not offered any more; please choose another one.
refused-request-is-not-approved = Only what is approved is handed out.
refused-month-is-not-closed = The month's order has not been made yet; supplies are handed out after that.
refused-month-is-closing = The month is just being closed; please approve it once more.
refused-packing-has-a-fee = Packing is charged at cost: the fee must be more than zero.
refused-quantity-is-not-positive = Please give a quantity of at least one.
refused-counter-has-fewer = There are not that many by the books: count first.
refused-count-is-negative = A count can't be negative; please count again.

## Notices and tasks
notice-department-without-request = { $department } has not asked for next month's supplies yet; requests are taken through { $deadline }. { $contact }
task-refill = Refill at the counter: { $name }, at least { $minimum } { $unit }

## Forms
form-request = Office supplies: request
    .number = Number
    .for-month = For the month of
    .department = Department
    .requester = Requester
    .submitted-on = Submitted
    .late = late
    .count = Items
    .row = #
    .item = Item
    .unit = Unit
    .quantity = Quantity
    .purpose = What for
    .approved = Approved
    .note = Note
    .head = Head of department
    .desk = Service desk
form-month-sheet = Office supplies: month's order
    .for-month = For the month of
    .closed-on = Closed
    .count = Items
    .row = #
    .item = Item
    .unit = Unit
    .total = Total
    .shares = Of these
    .department = Department
    .quantity = Quantity
    .by-department = By department
    .rule = Merged from all requests that were approved by the deadline. Late ones that the duty manager signed for are added when they are approved.
form-packing-receipt = Receipt: packing
    .goods = Goods
    .customer = Customer
    .fee = Fee (yuan)
    .day = Day
    .packed-by = Packed by
    .rule = The fee covers the cost of the packing material.
    .desk = Service desk
    .paid-by = Customer
form-counter-stock = Counter consumables
    .row = #
    .name = Name
    .unit = Unit
    .minimum = Minimum
    .opening = Opening
    .incoming = In
    .outgoing = Out
    .closing = Closing
    .rule = In is what was refilled, out is what was used or found missing by a count.
    .desk = Service desk
