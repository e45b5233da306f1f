# The words of non-sale labels: short, to a colleague at the counter, with the way out.
plugin-name = Non-sale labels

## Records
issue = Issue of labels
    .supplier = Supplier
    .credential = Credential shown
    .credential_no = Credential no.
    .contact = Contact
    .activity = Activity
    .goods = Goods
    .quantity = Labels
    .serials = Serials
    .valid_from = Valid from
    .valid_to = Valid through
    .issued_on = Issued on
    .outstanding = Unaccounted for
    .affixed = Affixed
    .returned = Returned
    .written_off = Written off
    .starts_at = First label of the sheet
    .was_chased = Supervisor was told
    .closed_on = Closed on
issue-credential =
    .business-licence = Business licence
    .identity-card = Identity card
    .entry-permit = Entry permit
    .delivery-note = Delivery note
issue-activity =
    .tasting = Tasting
    .trial = Trial
    .gift = Gift
issue-state =
    .issued = Issued
    .affixed = Affixed
    .closed = Closed
issue-affix = Affix
    .first = First serial
    .last = Last serial
issue-return-unused = Take back unused labels
    .first = First serial
    .last = Last serial
issue-write-off = Write off missing labels
    .reason = What became of them
issue-close = Close
issue-print-labels = Print labels
    .starts_at = First free label of the sheet

label = Label
    .serial = Serial
    .code = Serial as printed
    .issue = Issue
    .affixed_at = Affixed at
    .affixed_by = Affixed by
    .returned_on = Returned on
    .written_off_on = Written off on
label-state =
    .issued = With the supplier
    .affixed = On goods
    .returned = Returned, void
    .written-off = Written off, void

label-stock = Range of labels
    .first_serial = First serial
    .last_serial = Last serial
    .received_on = Received on
    .left = Left

movement = Movement of labels
    .stock = Range
    .quantity = Quantity
    .moved_on = Day
    .issue = Issue

action-look-up = Look up a label
    .serial = Serial

## Boxes to sign in
box-loss-prevention = Loss prevention

## Due
due-labels-unaccounted = Activity is over, labels are unaccounted for

## Jobs and settings
job-expired-activities = Activities past their end
setting-sheet_columns = Labels side by side on a sheet
setting-sheet_rows = Labels one above the other on a sheet
setting-label_width = Width of a label (0.1 mm)
setting-label_height = Height of a label (0.1 mm)
setting-sheet_left = Left edge of the sheet to the first label (0.1 mm)
setting-sheet_top = Upper edge of the sheet to the first label (0.1 mm)
setting-gap_across = Gap between labels side by side (0.1 mm)
setting-gap_down = Gap between labels one above the other (0.1 mm)
outcome-listed = listed { $listed }, closed { $closed }

## Registers
register-issue = Register of non-sale labels
    .received-by-hand = Received by

## What can't be done
refused-no-credential-no-label = Without a credential there is no label: note which one was shown, and its number.
refused-activity-ends-before-it-begins = The activity must end on or after its first day, and not before today.
refused-quantity-is-not-positive = Please give at least one label.
refused-too-many-at-once = At most 300 labels at once; please issue the rest as a second lot.
refused-not-enough-labels = There are not that many labels left. Take in a new range first.
refused-labels-were-just-issued = Somebody has just drawn labels from this range; please issue once more.
refused-range-is-backwards = The last serial must not come before the first.
refused-serials-are-taken = Some of these serials are in another range already; serials are issued once for ever.
refused-activity-is-over = The activity is over; its labels can't be put on goods any more.
refused-activity-is-closed = This activity is closed.
refused-no-label-is-left = None of these labels is still out: look at their serials.
refused-labels-are-unaccounted = { $n } labels are unaccounted for: take them back, or have them written off.
refused-write-off-needs-loss-prevention = Missing labels are written off with loss prevention's signature.
refused-sheet-is-too-large = The sheet as it is set up is larger than A4: check its measures in the settings.
refused-label-was-never-issued = { $serial } was never issued: these goods may not enter.

## Input
not-a-serial = This is no serial: scan the label, or type its number.
no-such-label-on-the-sheet = The sheet has no such label; count from 1, row by row.

## Notices
notice-labels-unaccounted = { $number } of { $supplier } is over: { $n } labels are unaccounted for.
notice-labels-written-off = { $number }: { $n } labels were written off. { $reason }

## Forms
form-label-sheet = Non-sale labels
    .not-for-sale = NOT FOR SALE
    .valid-to = through
form-single-labels = Non-sale labels (single)
    .not-for-sale = NOT FOR SALE
    .valid-to = through
form-expired-activities = Activities past their end: labels unaccounted for
    .row = #
    .number = Number
    .supplier = Supplier
    .contact = Contact
    .goods = Goods
    .valid-to = Ended
    .quantity = Labels
    .affixed = Affixed
    .returned = Returned
    .outstanding = Missing
    .rule = Unused labels come back and are void. What does not come back is written off with loss prevention's signature.
    .desk = Service desk
    .supervisor = Supervisor
form-label-stock = Stock of non-sale labels
    .row = #
    .number = Range
    .first = First serial
    .last = Last serial
    .opening = Opening
    .incoming = In
    .outgoing = Issued
    .closing = Closing
    .rule = Serials are issued once, in their order. Labels that come back are void and are not stock again.
    .desk = Service desk
