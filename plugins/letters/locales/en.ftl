# Mail distribution's own words: short, to a colleague at the counter, with the way out.
plugin-name = Mail distribution

## Records
letter = Letter
    .addressee = Addressee
    .kind = Kind
    .department = Department
    .destination = Destination
    .sender = Sender
    .carrier = Carrier
    .tracking_no = Tracking no.
    .received_on = Received on
    .note = Note
    .sheet = Hand-off sheet
    .notified_at = Notified at
    .collected_by = Collected by
    .collected_at = Collected at
    .delivered_to = Signed for by
    .delivered_at = Delivered at
    .handed_to_hr_at = Handed to HR at
letter-kind =
    .letter = Letter
    .postcard = Postcard
    .printed-matter = Printed matter
    .parcel = Parcel
    .registered = Registered mail
    .remittance = Remittance
letter-destination =
    .staff-passage = Staff passage
    .second-floor-office = Second-floor office
    .third-floor-clothing-city = Third-floor clothing city
    .other = Other
letter-state =
    .received = Received
    .notified = Notified
    .problem = Problem
    .collected = Collected
    .delivered = Delivered
    .handed-to-hr = Handed to HR
    .resolved = Problem settled
letter-collect = Collect
    .collected_by = Collected by (name on the card)
letter-deliver = Deliver
    .delivered_to = Signed for by
letter-log-call = Log a call
    .called = Who was spoken to
    .note = What was said
letter-report-problem = Report a problem
    .kind = Problem
    .description = What happened

call = Call
    .letter = Letter
    .called = Who was spoken to
    .called_at = Called at
    .called_by = Called by
    .note = What was said

problem = Mail problem
    .letter = Letter
    .kind = Problem
    .description = What happened
    .reported_on = Reported on
    .resolution = How it was resolved
    .resolved_at = Resolved at
problem-kind =
    .missing = Missing
    .unreadable-address = Unreadable address
problem-state =
    .open = Open
    .resolved = Resolved
problem-resolve = Resolve
    .resolution = How it was resolved
    .waits_again = The letter is back at the desk and waits again

handoff-sheet = Hand-off sheet
    .opened_on = Opened on
    .handed_over_at = Handed over at
    .n_letters = Pieces
handoff-sheet-state =
    .open = Waits for HR
    .handed-over = Handed over

outgoing = Outgoing mail
    .sender = Sender
    .department = Department
    .addressee = Addressee
    .kind = Kind
    .handed_in_on = Handed in on
    .note = Note
    .carrier = Carrier
    .receipt_no = Receipt no.
    .postage_fen = Postage
    .handed_to_carrier_at = Handed to the carrier at
outgoing-kind =
    .letter = Letter
    .postcard = Postcard
    .printed-matter = Printed matter
    .parcel = Parcel
    .registered = Registered mail
    .remittance = Remittance
outgoing-state =
    .waiting = Waits for the carrier
    .handed-to-carrier = Handed to the carrier
outgoing-hand-to-carrier = Hand to the carrier
    .carrier = Carrier
    .receipt_no = Receipt no.
    .postage_fen = Postage

## Boxes to sign in
box-carrier-receipt = Carrier's receipt signed
box-duty-manager = Duty manager
box-hr = HR

## Due
due-unclaimed = Unclaimed, due for HR
due-open = Mail problem to be seen to
due-to-sign = Hand-off sheet waits for HR's signature
due-to-send = Mail waits for the carrier

## Jobs and settings
job-morning-notice = Morning notice of waiting mail
job-hand-off-unclaimed = Hand-off of unclaimed mail
setting-handoff_after_days = Days that mail waits before it goes to HR
outcome-named = named { $named }
outcome-handed-off = handed off { $handed-off }, waiting { $waiting }

## Registers
register-letter = Letter register
    .collected-by-hand = Signature
register-outgoing = Register of outgoing mail
    .sender-by-hand = Sender's signature

## What can't be done
refused-addressee-was-announced = The addressee has been announced already, so the name stays. Void the letter and register it again.
refused-proxy-needs-duty-manager = { $addressee } has to collect this in person; for anybody else the duty manager signs first.
refused-letter-is-settled = This letter is settled already ({ $state ->
    [collected] collected
    [delivered] delivered
    [handed-to-hr] handed to HR
   *[other] its problem was settled
}).
refused-letter-has-a-problem = There is an open problem with this letter; it can go on once that is resolved.
refused-only-office-mail-is-brought = Only mail for the second-floor office is brought; other mail is collected at the desk.
refused-no-carrier-to-sign-for = No carrier is noted down for this letter, so there is no receipt to sign.
refused-sheet-is-closed = This sheet has been signed for and stays as it is.
refused-sheet-is-empty = There is no letter left on this sheet, so nothing to sign for.
refused-sheet-has-changed = The letters on this sheet have just changed: check them again, then sign.
refused-problem-is-resolved = This problem is resolved already.
refused-mail-is-sent = This mail was handed to the carrier already.

## Input
received-on-is-ahead = Mail can't have come later than today.
postage-is-negative = Postage can't be negative.

## Notices and tasks
notice-problem-reported = Mail problem { $number }: { $kind ->
    [missing] missing mail
   *[unreadable-address] unreadable address
}. Please see to it.
task-announce-at-once = Tell { $addressee } at once that mail is waiting ({ $number })
task-call-third-floor = Call the third-floor clothing city: { $addressee } has mail at the desk ({ $number })

## Forms
form-collection-notice = Mail to collect
    .intro = Mail is waiting at the service desk for the people below. Please collect it in person and bring identification:
    .row = #
    .addressee = Addressee
    .department = Department
    .kind = Kind
    .received-on = Arrived
    .count = { $n ->
        [one] { $n } piece
       *[other] { $n } pieces
    }
    .rule = Mail is signed for by the addressee; a proxy needs the duty manager's signature. What is not collected in time goes to HR.
form-office-round = Office mail round
    .day = Day
    .round = Delivered to
    .round-value = Second-floor office
    .row = #
    .number = Number
    .addressee = Addressee
    .department = Department
    .kind = Kind
    .signed-by = Signature
    .signed-at = Time
    .rule = Each addressee signs on their own line. What can't be delivered comes back to the desk and waits there.
    .delivered-by = Delivered by
form-handoff-sheet = Hand-off sheet: unclaimed mail
    .opened-on = Opened
    .printed-on = Printed
    .count = Pieces
    .count-value = { $n }
    .row = #
    .number = Number
    .addressee = Addressee
    .department = Department
    .kind = Kind
    .received-on = Arrived
    .days-waited = Days kept
    .rule = This mail was not collected in time and is handed to HR. Once HR has signed, the desk no longer keeps it.
    .handed-over-by = Handed over by (desk)
