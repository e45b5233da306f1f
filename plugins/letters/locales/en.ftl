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
    .rule = Mail is signed for by the addressee; a proxy needs the duty manager's signature. What is not collected within seven days goes to HR.

form-office-round = Office mail round
    .day = Day
    .round = Delivered to
    .round-value = Second-floor office
    .count = Pieces
    .row = #
    .number = Number
    .addressee = Addressee
    .department = Department
    .kind = Kind
    .signed-by = Signature
    .signed-at = Time
    .rule = Each addressee signs on their own line. What can't be delivered comes back to the desk and waits there.
    .delivered-by = Delivered by
form-handoff-sheet = Hand-over of unclaimed mail
    .day = Day
    .count = Pieces
    .count-value = { $n }
    .row = #
    .number = Number
    .addressee = Addressee
    .kind = Kind
    .department = Department
    .received-on = Arrived
    .waited = Days kept
    .note = Note
    .rule = This mail was not collected in time and is handed to HR. Once HR has signed, the desk no longer keeps it.
    .handed-over-by = Handed over by (desk)
