# The host's own words. Those of a desk function are in plugins/<id>/locales/; how keys are named is in deskbell-sdk's manual.

## What went wrong
problem-validation-failed = Something is not filled in right: see the fields named.
problem-not-found = Not found: { $detail }.
problem-unauthenticated = Please log in, or give a valid access token.
problem-forbidden = You are not allowed to do this ({ $detail }).
problem-wrong-pin = The signer or the PIN is wrong; please check and sign again.
problem-site-required = You work at several sites: say which one (site=…).
problem-conflict = Somebody changed the data at the same moment; please try again.
problem-stale-version = Somebody has changed this record meanwhile; reload it and change it again.
problem-version-required = To change a record, send the version you saw (If-Match).
problem-sign-off-required = This needs a signature before it can be done.
refused-signed-out-of-turn = Not yet: another box is signed before this one.
refused-signed-by-the-same-person = You have signed another box of this record; this one needs somebody else.
problem-erased = Its personal data has been erased as the rules require.
problem-idempotency-mismatch = This Idempotency-Key was used for something else; take a new one.
problem-plugin-panicked = This desk function failed; nothing was changed. Please tell store IT.
problem-plugin-crashed = This desk function's program ended in the middle; nothing was changed. Please try again.
problem-plugin-timeout = This desk function did not answer in time; nothing was changed. Please try again later.
problem-plugin-quarantined = This desk function is suspended and can only be read. Store IT has to look at it and enable it again.
problem-plugin-refused = The plugin cannot be loaded: { $detail }.
problem-storage-full = The disk is full and nothing was saved. Please have store IT make room, then try again.
problem-storage-unavailable = The database cannot be reached and nothing was saved; please try again shortly.
problem-overloaded = The desk is busy; please try again shortly.
problem-too-many-requests = Too many requests; please try again shortly.
problem-config-invalid = A setting does not hold: { $detail }.
schema-is-older = An older version of Deskbell wrote this database: run `deskbell db migrate` first.
problem-bad-request = The request cannot be read: { $detail }.
problem-method-not-allowed = This address does not take that method ({ $detail }).
problem-unsupported-media-type = The request must be JSON (Content-Type: application/json).
problem-payload-too-large = The request is too large.
problem-internal = Something failed in the program; nothing was changed. Please tell store IT.

## Filling in fields
required = It must be filled in.
unknown-field = There is no such field{ $nearest ->
    [none] .
   *[other] ; did you mean { $nearest }?
}
given-twice = It is given twice.
record-or-period = Give either a record or a span of days (from, to), not both.
ends-before-it-begins = The last day lies before the first.
not-editable = It cannot be changed directly.
not-a-text = It must be text.
not-a-number = It must be a whole number.
not-a-bool = It must be true or false.
not-a-day = It must be a day such as 2026-11-24.
not-an-instant = It must be a time with its zone, such as 2026-11-24T09:30:00+08:00.
not-a-choice = It must be one of: { $allowed }.
not-an-operator = It cannot be filtered like that; use one of: { $allowed }.
not-a-record = There is no record with the number { $number }.
number-too-small = It must not be less than { $min }.
number-too-large = It must not be more than { $max }.
text-too-long = At most { $max } characters.
text-has-control-characters = It has invisible control characters.
not-unique = There is one like it already.
bad-json = It is not valid JSON: { $detail }.
bad-cursor = This page mark is not valid; start from the first page.
day-in-future = The business day lies ahead: only a dry run (dry_run) may do that.
password-length = A password has { $min } to { $max } characters.
password-common = This password is too common; take another.
pin-digits = A PIN has { $min } to { $max } digits.
pin-common = This PIN is too easy to guess; take another.
login-name = A login name has letters, digits and . - _ only, 64 at the most.

## Files of records
import-refused = Nothing was imported: { $rows ->
    [one] one row does not hold
   *[other] { $rows } rows do not hold
}, see below.
import-done = { $created } created, { $changed } changed, { $unchanged } unchanged.
import-previewed = Only looked at, nothing was written: { $created } would be created, { $changed } changed, { $unchanged } stay unchanged.
import-repeated = This file was imported before, on { $on } by { $by } ({ $created } created); nothing was changed.
import-empty = The file has no rows below its heading.
import-old-workbook = This is an old Excel file (.xls); save it as .xlsx or CSV.
import-not-text = It is neither a workbook nor text in UTF-8 or GB18030.
import-not-a-table = It cannot be read as a table: { $detail }.
import-unreadable = It cannot be read; save it again as .xlsx or CSV.
import-too-long = It has more than { $max } rows; divide it.
import-too-wide = It has more than { $max } columns.
import-unknown-column = There is no such column{ $nearest ->
    [none] .
   *[other] ; did you mean { $nearest }?
} It may have: { $allowed }.
import-missing-column = The column is missing, and every row needs it.
import-stray-cell = It stands under no heading.
import-differs = { $number } is there already and has something else here; change that record instead.
import-rows-meet = Another row of the file changes the same record; import them from separate files.
not-an-amount = It must be an amount in yuan such as 12.50.

## Common columns
field-id = Id
field-number = Number
field-site = Site
field-version = Version
field-state = State
field-created_at = Registered at
field-created_by = Registered by
field-updated_at = Changed at
field-updated_by = Changed by
field-void_reason = Voided because

## Roles
role-clerk = Clerk
role-supervisor = Supervisor
role-duty-manager = Duty manager
role-loss-prevention = Loss prevention
role-operations = Operations
role-purchasing = Purchasing
role-hr = HR
role-finance = Finance
role-receiving = Receiving
role-security = Security
role-planning = Planning
role-it = IT
role-admin = Admin

## Jobs
outcome-nothing-due = nothing was due
outcome-dropped = { $dropped } could not be dealt with
run-failed = It failed and will not be tried again.
run-lost = The program that ran it ended in the middle; nothing of it was kept.
run-replaced = It was given up, because the next run was due.
run-coalesced = Another run did its work.
run-skipped-missed = It was missed while the desk was off, and is not made good.
run-skipped-over-cap = It was missed while the desk was off; only the newest runs were made good.
run-skipped-overlap = The run before it was still going.
run-skipped-no-handler = Its desk function is no longer there.
run-skipped-paused = The job was paused.

## When jobs run
schedule-none = only when run by hand
schedule-other = by cron: { $cron }
schedule-daily = every day at { $time }
schedule-monthly = on day { $day } of each month at { $time }
schedule-month-end = on the last day of each month at { $time }
schedule-yearly = each year on { $day }/{ $month } (day/month) at { $time }
schedule-weekly = { $day ->
    [monday] every Monday
    [tuesday] every Tuesday
    [wednesday] every Wednesday
    [thursday] every Thursday
    [friday] every Friday
    [saturday] every Saturday
    [sunday] every Sunday
    [workdays] Monday to Friday
   *[weekend] Saturday and Sunday
} at { $time }
schedule-nth-weekday = on the { $nth ->
    [1] first
    [2] second
    [3] third
    [4] fourth
    [5] fifth
   *[last] last
} { $day ->
    [monday] Monday
    [tuesday] Tuesday
    [wednesday] Wednesday
    [thursday] Thursday
    [friday] Friday
    [saturday] Saturday
   *[sunday] Sunday
} of each month at { $time }
schedule-hourly = every hour at minute { $minute }
schedule-every-minutes = { $n ->
    [1] every minute
   *[other] every { $n } minutes
}
schedule-at-opens = every day at opening ({ $time })
schedule-before-opens = every day { $minutes } minutes before opening ({ $time })
schedule-after-opens = every day { $minutes } minutes after opening ({ $time })
schedule-at-closes = every day at closing ({ $time })
schedule-before-closes = every day { $minutes } minutes before closing ({ $time })
schedule-after-closes = every day { $minutes } minutes after closing ({ $time })

## Printers
unknown-printer = There is no such printer here{ $nearest ->
    [none] .
   *[other] ; did you mean { $nearest }?
}
print-unreachable = The printer cannot be reached ({ $detail }); it is tried again.
print-out-of-paper = The printer is out of paper.
print-stopped = The printer has stopped ({ $detail }).
print-no-pdf = The printer does not take PDF.
print-no-media = The printer does not have the paper { $detail }.
print-not-set = The paper cannot be set into type: { $detail }
print-printer-gone = The printer is no longer in the settings.
print-cannot-tell = Handed over; this printer does not say when it has printed.
print-forgotten = Handed over; the printer no longer knows of it.
print-cancelled = It was cancelled at the printer.
print-before-restore = It waited when the backup was made, and may have been printed since: print it again if it is wanted.

## Deliveries
delivery-subject = { $site }: notice for { $role }
delivery-about = Record: { $number }
delivery-foot = { $site }, { $at }, for { $role }. Deskbell sends this by itself; please don't answer it.
message-unreachable = It cannot be delivered now ({ $detail }); it is tried again.
message-refused = It was refused ({ $detail }).
message-delivery-gone = The delivery is no longer in the settings.
message-notice-gone = The notice is no longer there.
message-before-restore = It waited when the backup was made, and may have been sent since.
only-played = It was only played, not meant for anybody.

## Paper
paper-page = Page { $page } of { $pages }
paper-copy = Copy { $copy }
paper-sample = SAMPLE
paper-made = Printed { $at } { $by }
paper-period = { $from } to { $to }
paper-number = No.
paper-colon = : { "" }
paper-signature = Signature
paper-date = Date
paper-empty = none
paper-yes = yes
paper-no = no
paper-missing-characters = No font has “{ $characters }”: in “{ $text }” they can't be printed. Please write them in by hand.
register-row = #
register-count = { $count ->
    [one] { $count } entry
   *[other] { $count } entries
}
register-brought-forward = Brought forward
register-carried-forward = Carried forward
register-total = Total
register-yuan = { $title } (yuan)
paper-not-set = The paper is kept but not set into type yet; fetch it again later: { $reason }
paper-shipped-form = The store's form { $file } does not hold; the shipped one was used.
