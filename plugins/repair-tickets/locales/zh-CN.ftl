# 报修自己的用语：简短，像跟柜台同事说话，并说明怎么办。
plugin-name = 报修

## 记录
ticket = 报修单
    .found_at = 发现时间
    .place = 地点
    .broken_item = 损坏物品
    .description = 情况说明
    .urgency = 紧急程度
    .phoned_to = 电话通知了谁
    .phoned_at = 电话通知时间
    .reported_by = 报修人身份
    .reporter = 报修人
    .contact = 联系方式
    .reported_on = 报修日期
    .sheet = 签收表
    .signed_for_on = 签收日期
    .escalation_stage = 上报次数
    .work_order = 派工单
    .dispatched_to = 接单人（维修）
    .dispatched_at = 派单时间
    .dispatched_late = 派单超时
    .called_back_at = 回访时间
    .opinion = 报修人意见
    .reopened_on = 重新报修日期
    .reason = 重新报修原因
    .fixed_at = 修复时间
    .verified_at = 验收时间
    .verified_by = 验收人
ticket-urgency =
    .normal = 一般
    .emergency = 紧急
ticket-reported_by =
    .staff = 员工
    .tenant = 租户
    .resident = 住户
    .customer = 顾客
ticket-work_order =
    .not-needed = 不需要
    .to-dispatch = 待派单
    .dispatched = 已派维修
    .called-back = 已回访
ticket-state =
    .open = 待签收
    .signed-for = 已签收
    .reopened = 重新报修
    .fixed = 已修复
    .verified = 已验收
ticket-fix = 已修复
ticket-verify = 验收
ticket-reopen = 重新报修
    .reason = 还有什么没修好
ticket-dispatch = 派给维修
    .dispatched_to = 接单人（维修）
ticket-call-back = 回访报修人
    .opinion = 报修人意见

sign-off-sheet = 报修单签收表
    .opened_on = 日期
    .signed_at = 签收时间
sign-off-sheet-state =
    .open = 待保安签收
    .signed = 已签收

check = 晚间检查
    .checked_on = 检查日期
    .done_at = 完成时间
check-state =
    .open = 待勾选
    .done = 已完成
check-tick = 勾选检查结果
    .ticket = 报修单
    .result = 检查结果
    .note = 备注

check-line = 晚间检查明细
    .check = 检查
    .ticket = 报修单
    .result = 检查结果
    .note = 备注
check-line-result =
    .fixed = 已修复
    .not-fixed = 未修复

## 签字栏
box-security = 保安

## 到期
due-to-fix = 还没有修复
due-to-dispatch = 派工单待派给维修
due-late-to-dispatch = 已超时：派工单待派给维修
due-to-call-back = 待回访报修人
due-to-verify = 已修复，待验收
due-to-sign-for = 签收表待保安签收
due-to-tick = 晚间检查待勾选

## 任务和设置
job-evening-check = 晚间检查
job-morning-recheck = 开门复查
setting-escalate_after_days = 签收后几天未修复上报值班经理
setting-dispatch_within_hours = 几小时内派单给维修
outcome-listed = 列入检查 { $listed } 项
outcome-escalated = 待复查 { $to-recheck } 项，上报 { $escalated } 项

## 登记册
register-ticket = 报修登记表
    .verified-by-hand = 验收签字

## 不能办的
refused-emergency-is-phoned-through = 紧急情况要马上打电话：写上通知了谁、什么时候，再保存。
refused-reporter-has-no-contact = 租户和住户报修，修好后要回访：请问清联系电话。
refused-ticket-is-signed-for = 保安已经签收这张报修单，地点和物品不能再改。请作废后重新开单。
refused-ticket-is-fixed = 这张报修单已经修复。
refused-ticket-is-not-fixed = 这张报修单还没有修复。
refused-ticket-is-verified = 这张报修单已经验收。如果又坏了，请另开一张。
refused-reporter-not-called-back = 还没有回访报修人：先打电话并登记，再验收。
refused-ticket-has-no-work-order = 这张报修单没有派工单：租户和住户报修的才有。
refused-work-order-is-not-dispatched = 派工单还没有派给维修，请先登记派单。
refused-work-order-is-dispatched = 派工单已经派给维修。
refused-reporter-is-called-back = 报修人已经回访过。
refused-sheet-is-signed = 保安刚刚签收了今天的签收表，请再保存一次。
refused-sheet-has-changed = 签收表上刚加了报修单，请重新核对后再签。
refused-nothing-to-sign-for = 这张签收表上的报修单都已签收。
refused-check-is-done = 今晚的检查刚刚完成，请再试一次。
refused-check-has-changed = 这张检查表刚有变动，请重新核对后再勾。
refused-no-line-to-tick = 这张报修单不在检查表上，或者已经勾过。请在报修单上继续办理。
refused-fixed-ticket-is-reopened = 这张报修单刚登记为已修复。如果没有修好，请重新报修并写明原因。

## 填写
found-at-is-ahead = 发现时间不能晚于现在。
phoned-at-is-ahead = 电话时间不能晚于现在。

## 通知
notice-sign-for-ticket = 请到服务台签收报修单 { $number }：{ $place }，{ $item }
notice-ticket-reopened = 没有修好，请再处理：{ $number }，{ $place }，{ $item }
notice-ticket-escalated = 签收后一直没有修复，第 { $stage } 次上报：{ $number }，{ $place }，{ $item }

## 表单
form-slip = 报修单
    .sheet-number = 签收表
    .found-at = 发现时间
    .place = 地点
    .broken-item = 损坏物品
    .urgency = 紧急程度
    .phoned = 电话通知
    .reported-by = 报修人
    .contact = 联系方式
    .description = 情况说明
    .signed-for-on = 签收日期
    .fixed-at = 修复时间
    .verified-by = 验收人
    .desk = 开单人（服务台）
    .taken-by = 接单人（保安/维修）
    .repaired = 维修人
    .checked = 验收人（服务台）
form-sign-off-sheet = 报修单签收表
    .day = 日期
    .count = 张数
    .row = 序号
    .number = 报修单号
    .found-at = 发现时间
    .place = 地点
    .broken-item = 损坏物品
    .urgency = 紧急程度
    .signed-for = 签收
    .rule = 保安到服务台逐张签收当天的报修单。服务台每天 21:00 按本表检查是否修复。
    .desk = 服务台
form-check-sheet = 21:00检查表
    .evening = 检查日期
    .count = 项数
    .row = 序号
    .number = 报修单号
    .found-at = 发现时间
    .place = 地点
    .broken-item = 损坏物品
    .days-open = 天数
    .signed-for = 签收
    .fixed = 已修复
    .not-fixed = 未修复
    .note = 备注
    .rule = 逐项到现场查看并勾选。未修复的列入次日开门复查表，由当班客服再次检查。
    .checked-by = 检查人（服务台）
form-opening-check = 报修开门复查表
    .intro = 请当班客服开门时逐项到现场查看：
    .row = 序号
    .number = 报修单号
    .place = 地点
    .broken-item = 损坏物品
    .days-open = 天数
    .escalated = 上报
    .waits-for = 待办
    .to-verify = 待验收
    .to-fix = 待修复
    .fixed = 已修复
    .not-fixed = 未修复
    .rule = 修好的在服务台验收，没修好的重新报修；未修复的每天列入本表，直到验收为止。
    .checked-by = 检查人（服务台）
