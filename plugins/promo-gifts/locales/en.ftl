# Gift distribution's own words: short, to a colleague at the counter, with the way out.
plugin-name = Gift distribution

## Records
activity = Gift activity
    .name = Name
    .supplier = Supplier
    .rule = Rule
    .starts_on = First day
    .ends_on = Last day
    .person_in_charge = Person in charge
    .contact = Telephone
    .keeps_receipts = Receipts are kept
    .handouts_per_receipt = Handouts per receipt
    .purchase_from_fen = Purchase from
    .ended_on = Ended on
    .settled_on = Settled on
activity-state =
    .running = Running
    .ended = Over, gifts left
    .settled = Settled
activity-collect-receipts = Person in charge collects receipts
    .collected_by = Collected by (name on the card)

gift = Gift
    .activity = Activity
    .name = Name
    .unit = Unit
    .place = Kept at
    .expected_daily_use = Expected daily use
    .warned = Stock warning
    .full = Should stand at the front desk
    .to_refill = To refill
    .counted_on = Last counted on
    .in_stock = In stock
gift-place =
    .storeroom = Storeroom
    .front-desk = Front desk
gift-warned =
    .not = Enough
    .low = Low
    .empty = Empty
gift-count = Count
    .counted = Pieces there
    .explanation = Why they differ (for a shortage the supervisor signs)
gift-put-on-front-desk = Put on the front desk
    .full = Pieces that should stand there
gift-refill = Refill the front desk
    .quantity = Pieces (all that are missing, if left out)

movement = Gift movement
    .gift = Gift
    .quantity = Quantity (in is positive)
    .moved_on = Day
    .reason = Reason
    .moved_by = By
    .note = Note
movement-reason =
    .intake = Came from the supplier
    .purchase = Bought by the mall
    .handout = Handed out
    .taken-back = Handout taken back
    .redemption = Redeemed
    .prize = Prize
    .charity = Charity
    .refill = Front desk refilled
    .count = Count
    .handed-back = Fetched by the person in charge
    .handed-to-mall = Handed to the mall

intake = Gift intake
    .activity = Activity
    .gift = Gift
    .source = From
    .list_no = Gift list no.
    .listed = On the list
    .received = Received
    .received_on = Received on
    .brought_by = Brought by
intake-source =
    .supplier = Supplier
    .purchase = Bought by the mall

handout = Gift handout
    .activity = Activity
    .gift = Gift
    .receipt_no = Receipt no.
    .nth = Handout for this receipt
    .till_amount_fen = Amount
    .till_no = Till no.
    .quantity = Pieces
    .handed_out_on = Day
    .handed_out_by = By
    .reason = Reason
    .taken_back_at = Taken back at
    .customer = Customer (only where receipts are kept)
    .telephone = Customer's telephone (only where receipts are kept)
handout-state =
    .handed-out = Handed out
    .taken-back = Taken back
handout-take-back = Take back
    .reason = What went wrong

kept-receipt = Kept receipt
    .activity = Activity
    .handout = Handout
    .receipt_no = Receipt no.
    .customer = Customer
    .telephone = Telephone
    .kept_on = Kept since
    .release = Receipt release
    .collected_on = Collected on
    .not_liable_since = The desk is no longer liable since
kept-receipt-state =
    .kept = Kept
    .collected = Collected by the person in charge
    .released = Not fetched in time; the desk is no longer liable
    .given-back = Given back to the customer

release = Receipt release
    .opened_on = Opened on
    .activity = Activity
    .closed_at = Handed over at
    .n_receipts = Receipts
    .collected_by = Collected by
release-state =
    .open = Waits for the supervisor
    .closed = Handed over

disposal = Gift disposal slip
    .activity = Activity
    .ended_on = Activity's last day
    .unclaimed_since = Unclaimed since
    .fetched_by = Fetched by
    .done_on = Done on
    .n_pieces = Pieces
disposal-state =
    .waiting = Waits for the person in charge
    .unclaimed = Unclaimed, the mall's
    .handed-back = Fetched by the person in charge
    .handed-to-mall = Handed to the mall
disposal-hand-back = Hand back
    .fetched_by = Fetched by (promoter or person in charge)

redemption = Redemption
    .activity = Activity
    .token = Redeemed
    .n_tokens = Caps or tickets
    .ticket_no = Ticket no.
    .gift = Goods given
    .quantity = Pieces
    .cash_fen = Cash
    .customer = Customer
    .redeemed_on = Redeemed on
    .handover = Hand-over to purchasing
    .handed_over_on = Handed to purchasing on
redemption-token =
    .bottle-cap = Bottle cap
    .prize-ticket = Prize ticket
    .other = Other
redemption-state =
    .tokens-kept = Caps or tickets at the desk
    .handed-to-purchasing = Handed to purchasing

token-handover = Hand-over of caps and tickets
    .opened_on = Opened on
    .handed_over_at = Handed over at
    .n_tokens = Pieces
token-handover-state =
    .open = Waits for purchasing
    .handed-over = Handed to purchasing

draw = Prize draw
    .activity = Activity
    .name = Name
    .draws_on = Drawn on
    .finished_at = Finished at
    .n_winners = Winners
draw-state =
    .open = Takes entries
    .drawing = Being drawn
    .finished = Finished
draw-draw-winner = Note a winner
    .entry = The entry that was drawn
    .prize = Prize
draw-finish = Finish the draw

draw-entry = Entry in a draw
    .draw = Draw
    .entrant = Name
    .telephone = Telephone
    .ticket_no = Ticket or receipt no.
    .prize = Prize
    .won_on = Won on
    .collected_at = Prize collected at
draw-entry-state =
    .entered = Entered
    .won = Won, prize waits
    .collected = Prize collected
draw-entry-hand-over-prize = Hand over the prize

charity-gift = Charity gift
    .gift = Gift
    .quantity = Pieces
    .beneficiary = Given to
    .received_by = Received by
    .given_on = Given on

## Boxes to sign in
box-receiving = Receiving
box-clerk = Desk
box-supervisor = Supervisor
box-purchasing = Purchasing
box-loss-prevention = Loss prevention (witness)

## Due
due-to-count = Front-desk goods to count
due-to-refill = Front-desk goods to refill
due-to-release = Receipt kept to the end of its time, to be released
due-release-to-sign = Receipt release waits for the supervisor
due-unclaimed = Gifts nobody fetched, due for the mall
due-disposal-to-sign = Gift disposal slip waits for signatures
due-tokens-to-hand-over = Caps and tickets to hand to purchasing
due-to-draw = Draw whose day has come
due-prize-to-collect = Prize waits for its winner

## Jobs and settings
job-release-receipts = Release of overdue receipts
job-unclaimed-gifts = Listing of unclaimed gifts
job-stock-ahead = Stock of gifts for the days ahead
setting-receipt_retention_days = Days that a receipt is kept
setting-unclaimed_after_days = Days after its end that an activity's gifts may be fetched
setting-days_ahead = Days for which gifts in stock should do
outcome-released = released { $released }
outcome-unclaimed = unclaimed { $unclaimed }, activities ended { $ended }
outcome-warned = warned of { $warned }, activities ended { $ended }

## Registers
register-activity = Register of gift activities
    .in-charge-by-hand = Person in charge
register-handout = Register of gift handouts
    .customer-by-hand = Customer's signature
register-redemption = Redemption register
    .customer-by-hand = Customer's signature
    .witness-by-hand = Witness
register-movement = Ledger of gifts

## What can't be done
refused-activity-has-not-begun = "{ $name }" begins on { $starts_on }; not before.
refused-activity-is-over = "{ $name }" ended on { $ends_on }; nothing more can be done in it.
refused-activity-is-settled = This activity is settled: there is no gift of it left to count.
refused-quantity-below-one = The quantity is at least 1.
refused-count-below-zero = A count can't be negative.
refused-not-enough-gifts = There are only { $in_stock } { $unit } of { $name } in stock. Take more in first, or count.
refused-stock-has-changed = The stock of { $name } has just changed: check it again, then repeat.
refused-explanation-needs-supervisor = { $missing } { $unit } are missing: with an explanation the supervisor checks and signs first. Without one, loss prevention is told.
refused-purchase-is-too-small = The receipt does not come to enough: this activity asks for { $from } yuan.
refused-receipt-is-used = Receipt { $receipt_no } was used on { $on } by { $by } ({ $number }); it can't be used again.
refused-handout-is-taken-back = This handout was taken back already.
refused-no-receipt-is-kept = No receipt is kept for this activity.
refused-receipts-have-changed = The receipts have just changed: check them again, then repeat.
refused-release-is-closed = This receipt release has been signed for and stays as it is.
refused-gifts-are-not-theirs = These gifts were dealt with already, or are the mall's by now, so they can't be handed back.
refused-slip-is-not-to-sign = There is nothing to sign now: the gifts may still be fetched, or were dealt with already.
refused-nothing-to-redeem = At least one cap or ticket has to be handed in.
refused-cash-is-negative = Cash can't be negative.
refused-nothing-given = Say which goods or how much cash is given for it.
refused-gift-of-another-activity = This gift belongs to another activity; choose one of this.
refused-ticket-is-redeemed = Ticket { $ticket_no } was redeemed on { $on } ({ $number }).
refused-redemption-needs-witness = Loss prevention has to witness this: let them sign.
refused-tokens-are-handed-over = Purchasing has signed for this list already; it stays as it is.
refused-tokens-have-changed = The caps and tickets on this list have just changed: check them again, then sign.
refused-draw-takes-no-entries = Winners are being drawn already; nobody enters any more.
refused-ticket-is-entered = { $ticket_no } has been entered already; it counts once.
refused-draw-is-finished = This draw is finished.
refused-draw-is-not-yet = The day of the draw has not come.
refused-entry-of-another-draw = This entry belongs to another draw.
refused-entry-has-won = This entry has won already.
refused-no-prize-left = All of { $name } are promised to winners already; choose another prize.
refused-draw-needs-witness = Loss prevention has to witness the draw: let them sign.
refused-draw-has-no-winner-or-is-finished = Nobody has won yet, or the draw is finished.
refused-entry-has-no-prize-to-collect = There is no prize waiting for this entry.
refused-charity-needs-witness = Loss prevention has to witness this gift: let them sign.
refused-gift-is-on-front-desk = This gift stands at the front desk already; add to it with "Refill the front desk".
refused-only-front-desk-is-refilled = Only what stands at the front desk is refilled; for the storeroom register an intake.
refused-front-desk-is-full = That is more than should stand at the front desk; refill less.

## Input
ends-before-it-starts = The last day can't be before the first.
amount-is-negative = An amount can't be negative.
customer-is-not-kept = This activity keeps no receipts, so leave the customer's name and telephone out.
draw-is-too-early = A draw can't be before its activity begins, nor before today.

## Notices
notice-intake-differs = Gift intake { $number }: { $listed } of { $name } on the list, { $received } received. Please check.
notice-gifts-missing = { $missing } { $unit } of { $name } are missing ({ $counted } counted), nobody knows why. Please look into it.
notice-stock-runs-out = { $name } of "{ $activity }" { $stage ->
    [empty] has run out
   *[low] is down to { $in_stock } { $unit } and won't do for the days ahead
}. Please see to more.
notice-leftovers-listed = "{ $activity }" is over; what is left is on slip { $number }. Please tell the person in charge.
notice-gifts-unclaimed = Nobody fetched what was left of "{ $activity }", so it is the mall's. Please sign slip { $number }.
notice-charity-gift-given = Charity: { $quantity } { $unit } of { $name } given to { $beneficiary }.

## Forms
form-activity-sheet = Gift activity sheet
    .name = Activity
    .supplier = Supplier
    .period = Period
    .person-in-charge = Person in charge
    .contact = Telephone
    .keeps-receipts = Receipts kept
    .yes = yes
    .no = no
    .per-receipt = Per receipt
    .per-receipt-value = { $n ->
        [one] { $n } handout
       *[other] { $n } handouts
    }
    .purchase-from = Purchase from
    .rule = Rule
    .intakes = Intakes
    .row = #
    .number = Intake
    .received-on = Day
    .gift = Gift
    .source = From
    .list-no = List no.
    .listed = Listed
    .received = Received
    .accounts = What became of them
    .place = Kept at
    .unit = Unit
    .incoming = In
    .outgoing = Out
    .closing = Left
    .note = From their intake on, gifts are company property. Private use is treated as theft.
    .desk = Desk
    .receiving = Receiving
    .in-charge = Person in charge
form-receipt-release = Receipt release
    .opened-on = Opened
    .reason = Why
    .reason-collected = Collected by the person in charge
    .reason-overdue = Not fetched in time
    .collected-by = Collected by
    .count = Receipts
    .row = #
    .number = Number
    .receipt-no = Receipt no.
    .activity = Activity
    .person-in-charge = Person in charge
    .kept-on = Kept since
    .not-liable-since = Not liable since
    .rule-collected = These receipts were counted and handed to the person in charge.
    .rule-overdue = The person in charge did not come for these receipts in time. For receipts that are missing because of that the desk is no longer liable. The customers' data has been erased.
    .handed-over-by = Handed over by (desk)
    .taken-by = Collected by
form-disposal-slip = Gift disposal slip
    .activity = Activity
    .supplier = Supplier
    .person-in-charge = Person in charge
    .ended-on = Ended
    .unclaimed-from = The mall's from
    .status = Status
    .waiting = Waits for the person in charge
    .the-malls = Unclaimed, the mall's
    .fetched = Fetched by { $by }
    .row = #
    .gift = Gift
    .place = Kept at
    .quantity = Pieces
    .unit = Unit
    .count = { $n ->
        [one] { $n } piece
       *[other] { $n } pieces
    }
    .rule-waiting = The promoter or the person in charge may fetch these gifts before the day on which they are the mall's.
    .rule-the-malls = Nobody fetched these gifts in time, so they are the mall's. With the signatures they leave the stock.
    .taken-by = Fetched by
form-token-handover = Hand-over of caps and tickets
    .opened-on = Opened
    .count = Caps and tickets
    .count-value = { $n }
    .cash = Cash in all
    .row = #
    .number = Number
    .redeemed-on = Day
    .activity = Activity
    .token = Redeemed
    .ticket-no = Ticket no.
    .tokens = Pieces
    .given = Given
    .amount = Cash
    .rule = These caps and tickets were counted and handed to purchasing, which signs for them.
    .handed-over-by = Handed over by (desk)
form-winners = Winners of the draw
    .name = Draw
    .activity = Activity
    .draws-on = Drawn
    .entries = Entries
    .row = #
    .number = Entry
    .entrant = Name
    .telephone = Telephone
    .ticket-no = Ticket or receipt
    .prize = Prize
    .won-on = Won
    .collected = Collected
    .rule = Drawn together with planning, before loss prevention as witness.
    .planning = Planning
    .desk = Desk
form-days-handouts = The day's gift handouts
    .day = Day
    .count = Handed out
    .count-value = { $handouts } handouts, { $pieces } pieces
    .cash = Prizes in cash (petty cash)
    .cash-value = { $n ->
        [one] { $n } prize
       *[other] { $n } prizes
    }
    .row = #
    .number = Number
    .till-no = Till no.
    .receipt-no = Receipt no.
    .amount = Amount
    .activity = Activity
    .gift = Gift
    .quantity = Pieces
    .by = By
    .rule = Every handout is rung up at the till. This list goes to finance.
    .desk = Desk
    .finance = Finance
