# 信件收发的文字。语气：对柜台同事说话，简短、说明怎么办。
plugin-name = 信件收发

## 记录
letter = 信件
    .addressee = 收件人
    .kind = 种类
    .department = 部门
    .destination = 去向
    .sender = 寄件人
    .carrier = 快递/邮局
    .tracking_no = 邮件号
    .received_on = 收件日期
    .note = 备注
    .sheet = 移交单
    .notified_at = 通知时间
    .collected_by = 领取人
    .collected_at = 领取时间
    .delivered_to = 签收人
    .delivered_at = 送达时间
    .handed_to_hr_at = 移交人事时间
letter-kind =
    .letter = 信件
    .postcard = 明信片
    .printed-matter = 印刷品
    .parcel = 包裹
    .registered = 挂号信
    .remittance = 汇款单
letter-destination =
    .staff-passage = 员工通道
    .second-floor-office = 二楼办公室
    .third-floor-clothing-city = 三楼服装城
    .other = 其他
letter-state =
    .received = 已收
    .notified = 已通知
    .problem = 有问题
    .collected = 已领取
    .delivered = 已送达
    .handed-to-hr = 已移交人事
    .resolved = 问题已了结
letter-collect = 领取
    .collected_by = 领取人（证件上的姓名）
letter-deliver = 送达签收
    .delivered_to = 签收人
letter-log-call = 登记电话
    .called = 接电话的人
    .note = 通话内容
letter-report-problem = 报告问题
    .kind = 问题
    .description = 情况说明

call = 电话通知
    .letter = 信件
    .called = 接电话的人
    .called_at = 通话时间
    .called_by = 打电话的人
    .note = 通话内容

problem = 信件问题
    .letter = 信件
    .kind = 问题
    .description = 情况说明
    .reported_on = 报告日期
    .resolution = 处理结果
    .resolved_at = 了结时间
problem-kind =
    .missing = 信件丢失
    .unreadable-address = 地址不清
problem-state =
    .open = 待处理
    .resolved = 已了结
problem-resolve = 了结
    .resolution = 处理结果
    .waits_again = 信件回到服务台，继续待领

handoff-sheet = 逾期信件移交单
    .opened_on = 开单日期
    .handed_over_at = 移交时间
    .n_letters = 件数
handoff-sheet-state =
    .open = 待人事签收
    .handed-over = 已移交

outgoing = 寄件
    .sender = 寄件人
    .department = 部门
    .addressee = 收件人
    .kind = 种类
    .handed_in_on = 交件日期
    .note = 备注
    .carrier = 快递/邮局
    .receipt_no = 回执号
    .postage_fen = 邮资
    .handed_to_carrier_at = 交寄时间
outgoing-kind =
    .letter = 信件
    .postcard = 明信片
    .printed-matter = 印刷品
    .parcel = 包裹
    .registered = 挂号信
    .remittance = 汇款单
outgoing-state =
    .waiting = 待寄
    .handed-to-carrier = 已交寄
outgoing-hand-to-carrier = 交寄
    .carrier = 快递/邮局
    .receipt_no = 回执号
    .postage_fen = 邮资

## 签字栏
box-carrier-receipt = 签收承运人回执
box-duty-manager = 值班经理
box-hr = 人事

## 到期
due-unclaimed = 逾期未领，应移交人事
due-open = 信件问题待处理
due-to-sign = 移交单待人事签收
due-to-send = 寄件待交寄

## 任务和设置
job-morning-notice = 信件领取通知
job-hand-off-unclaimed = 逾期信件移交
setting-handoff_after_days = 待领满几天后移交人事
outcome-named = 通知了 { $named } 件
outcome-handed-off = 移交 { $handed-off } 件，仍待领 { $waiting } 件

## 登记册
register-letter = 信件登记表
    .collected-by-hand = 领取人签字
register-outgoing = 寄件登记表
    .sender-by-hand = 寄件人签字

## 不能办的
refused-addressee-was-announced = 收件人已经通知出去，不能再改姓名。请作废后重新登记。
refused-proxy-needs-duty-manager = 信件须由{ $addressee }本人领取；他人代领，要先请值班经理签字。
refused-letter-is-settled = 这件信件已经办结（{ $state ->
    [collected] 已领取
    [delivered] 已送达
    [handed-to-hr] 已移交人事
   *[other] 问题已了结
}），不能再办。
refused-letter-has-a-problem = 这件信件有问题待处理，了结以后才能办。
refused-only-office-mail-is-brought = 只有二楼办公室的信件由服务台派送；其他信件请收件人到服务台领取。
refused-no-carrier-to-sign-for = 这件信件没有登记承运人，没有回执可签。
refused-sheet-is-closed = 这张移交单已经签收，不能再改。
refused-sheet-is-empty = 单上已没有信件，不用签收。
refused-sheet-has-changed = 移交单上的信件刚有变动，请重新核对后再签。
refused-problem-is-resolved = 这个问题已经了结。
refused-mail-is-sent = 这件邮件已经交寄。

## 填写
received-on-is-ahead = 收件日期不能晚于今天。
postage-is-negative = 邮资不能是负数。

## 通知和待办
notice-problem-reported = 信件问题 { $number }：{ $kind ->
    [missing] 信件丢失
   *[unreadable-address] 地址不清
}，请处理。
task-announce-at-once = 马上通知{ $addressee }来取件（{ $number }）
task-call-third-floor = 打电话到三楼服装城，请{ $addressee }下来取件（{ $number }）

## 表单
form-collection-notice = 信件领取通知
    .intro = 下列收件人有信件在服务台，请本人携证件前来领取：
    .row = 序号
    .addressee = 收件人
    .department = 部门
    .kind = 种类
    .received-on = 到达日期
    .count = 共 { $n } 件
    .rule = 信件由收件人本人签收，代领须经值班经理签字。逾期仍未领取的，移交人事。
form-office-round = 办公室信件派送单
    .day = 派送日期
    .round = 派送地点
    .round-value = 二楼办公室
    .row = 序号
    .number = 编号
    .addressee = 收件人
    .department = 部门
    .kind = 种类
    .signed-by = 签收人
    .signed-at = 时间
    .rule = 每件信件由收件人当面逐行签收；未送达的带回服务台，仍按待领处理。
    .delivered-by = 派送人
form-handoff-sheet = 逾期信件移交单
    .opened-on = 开单日期
    .printed-on = 打印日期
    .count = 件数
    .count-value = { $n } 件
    .row = 序号
    .number = 编号
    .addressee = 收件人
    .department = 部门
    .kind = 种类
    .received-on = 到达日期
    .days-waited = 已存天数
    .rule = 以上信件逾期无人领取，现移交人事。人事签收后，服务台不再保管。
    .handed-over-by = 移交人（服务台）
