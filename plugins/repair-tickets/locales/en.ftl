# Repair tickets' own words: short, to a colleague at the counter, with the way out.
plugin-name = Repair tickets

## Records
ticket = Repair ticket
    .found_at = Found at
    .place = Place
    .broken_item = What is broken
    .description = Description
    .urgency = Urgency
    .phoned_to = Phoned to
    .phoned_at = Phoned at
    .reported_by = Reported by
    .reporter = Reporter
    .contact = Contact
    .reported_on = Reported on
    .sheet = Sign-off sheet
    .signed_for_on = Signed for on
    .escalation_stage = Times escalated
    .work_order = Work order
    .dispatched_to = Taken by (maintenance)
    .dispatched_at = Dispatched at
    .dispatched_late = Dispatched late
    .called_back_at = Called back at
    .opinion = What the reporter said
    .reopened_on = Reopened on
    .reason = Why it was reopened
    .fixed_at = Fixed at
    .verified_at = Verified at
    .verified_by = Verified by
ticket-urgency =
    .normal = Normal
    .emergency = Emergency
ticket-reported_by =
    .staff = Staff
    .tenant = Tenant
    .resident = Resident
    .customer = Customer
ticket-work_order =
    .not-needed = None
    .to-dispatch = To be dispatched
    .dispatched = With maintenance
    .called-back = Reporter called back
ticket-state =
    .open = Open
    .signed-for = Signed for
    .reopened = Reopened
    .fixed = Fixed
    .verified = Verified
ticket-fix = Fixed
ticket-verify = Verify
ticket-reopen = Reopen
    .reason = What is still broken
ticket-dispatch = Give to maintenance
    .dispatched_to = Taken by (maintenance)
ticket-call-back = Reporter called back
    .opinion = What the reporter said

sign-off-sheet = Sign-off sheet
    .opened_on = Day
    .signed_at = Signed at
sign-off-sheet-state =
    .open = Waits for security
    .signed = Signed

check = Evening check
    .checked_on = Evening
    .done_at = Done at
check-state =
    .open = To be ticked
    .done = Done
check-tick = Tick a ticket
    .ticket = Ticket
    .result = Found
    .note = Note

check-line = Line of an evening check
    .check = Check
    .ticket = Ticket
    .result = Found
    .note = Note
check-line-result =
    .fixed = Fixed
    .not-fixed = Not fixed

## Boxes to sign in
box-security = Security

## Due
due-to-fix = Not fixed yet
due-to-dispatch = Work order to give to maintenance
due-late-to-dispatch = LATE: work order to give to maintenance
due-to-call-back = Reporter to call back
due-to-verify = Fixed, to be verified
due-to-sign-for = Sign-off sheet waits for security
due-to-tick = Evening check with lines to tick

## Jobs and settings
job-evening-check = Evening check
job-morning-recheck = Opening check
setting-escalate_after_days = Days a ticket may stay broken before the duty manager is told
setting-dispatch_within_hours = Hours within which a work order goes to maintenance
outcome-listed = listed { $listed }
outcome-escalated = to recheck { $to-recheck }, escalated { $escalated }

## Registers
register-ticket = Register of repair tickets
    .verified-by-hand = Verified (signature)

## What can't be done
refused-emergency-is-phoned-through = An emergency is phoned through at once: write down whom it was phoned to and when, then save.
refused-reporter-has-no-contact = Tenants and residents are called back when it is fixed: ask for a telephone number.
refused-ticket-is-signed-for = Security has signed for this ticket, so place and item stay. Void it and write a new one.
refused-ticket-is-fixed = This ticket is fixed already.
refused-ticket-is-not-fixed = This ticket is not fixed yet.
refused-ticket-is-verified = This ticket is verified already. If it broke again, write a new one.
refused-reporter-not-called-back = The reporter has not been called back yet: call, note it down, then verify.
refused-ticket-has-no-work-order = This ticket has no work order: only what tenants and residents report has one.
refused-work-order-is-not-dispatched = The work order has not gone to maintenance yet: note that down first.
refused-work-order-is-dispatched = Maintenance has this work order already.
refused-reporter-is-called-back = The reporter has been called back already.
refused-sheet-is-signed = Security has just signed the day's sheet; please save again.
refused-sheet-has-changed = Another ticket has just come onto this sheet: look at it again, then sign.
refused-nothing-to-sign-for = Every ticket on this sheet is signed for already.
refused-check-is-done = The evening's check has just been ended; please try again.
refused-check-has-changed = This check has just changed: look at it again, then tick.
refused-no-line-to-tick = This ticket is not on the check, or is ticked already. Go on from the ticket itself.
refused-fixed-ticket-is-reopened = This ticket has been reported fixed meanwhile. If it is not, reopen it and say why.

## Input
found-at-is-ahead = A fault can't have been found later than now.
phoned-at-is-ahead = The call can't have been later than now.

## Notices
notice-sign-for-ticket = Please come to the desk and sign for { $number }: { $place }, { $item }
notice-ticket-reopened = Not fixed after all, please see to it: { $number }, { $place }, { $item }
notice-ticket-escalated = Signed for and still not fixed, escalation { $stage }: { $number }, { $place }, { $item }

## Forms
form-slip = Repair ticket
    .sheet-number = Sign-off sheet
    .found-at = Found
    .place = Place
    .broken-item = What is broken
    .urgency = Urgency
    .phoned = Phoned to
    .reported-by = Reported by
    .contact = Contact
    .description = Description
    .signed-for-on = Signed for
    .fixed-at = Fixed
    .verified-by = Verified by
    .desk = Service desk
    .taken-by = Security / maintenance
    .repaired = Repaired by
    .checked = Verified by (desk)
form-sign-off-sheet = Sign-off sheet for repair tickets
    .day = Day
    .count = Tickets
    .row = #
    .number = Ticket
    .found-at = Found
    .place = Place
    .broken-item = What is broken
    .urgency = Urgency
    .signed-for = Signed for
    .rule = Security comes to the desk and signs for every ticket of the day. At 21:00 the desk checks whether each is fixed.
    .desk = Service desk
form-check-sheet = Check sheet, 21:00
    .evening = Evening
    .count = Tickets
    .row = #
    .number = Ticket
    .found-at = Found
    .place = Place
    .broken-item = What is broken
    .days-open = Days
    .signed-for = Signed for
    .fixed = Fixed
    .not-fixed = Not fixed
    .note = Note
    .rule = Look at each place and tick what you found. What is not fixed is on tomorrow's opening check.
    .checked-by = Checked by (desk)
form-opening-check = Opening check of repair tickets
    .intro = For the clerk on duty. Look at each of these before the customers do:
    .row = #
    .number = Ticket
    .place = Place
    .broken-item = What is broken
    .days-open = Days
    .escalated = Escalated
    .waits-for = Waits for
    .to-verify = verification
    .to-fix = repair
    .fixed = Fixed
    .not-fixed = Not fixed
    .rule = What is fixed is verified or reopened at the desk; what is not stays on this list every day until it is.
    .checked-by = Checked by (desk)
