# 办公用品自己的用语：简短，像跟柜台同事说话，并说明怎么办。
plugin-name = 办公用品

## 记录
request = 办公用品申请
    .for_month = 申请月份
    .department = 部门
    .department_name = 部门名称
    .requester = 申请人
    .note = 备注
    .is_late = 逾期
    .sheet = 月度汇总
    .submitted_on = 提交日期
    .approved_at = 批准时间
    .approved_by = 批准人
    .issued_on = 领用日期
    .issued_to = 领用人
    .reason = 原因
request-state =
    .draft = 草稿
    .submitted = 已提交
    .approved = 已批准
    .issued = 已领用
    .rejected = 已退回
request-ask-for = 申请物品
    .item = 物品
    .quantity = 数量（填 0 取消）
    .purpose = 用途
request-submit = 提交
request-approve = 批准
request-reject = 退回
    .reason = 原因
request-issue = 发放
    .issued_to = 领用人

line = 申请明细
    .request = 申请
    .item = 物品
    .item_name = 物品
    .unit = 单位
    .quantity = 数量
    .purpose = 用途
    .department = 部门
    .issued_on = 领用日期
    .issued_to = 领用人

month-sheet = 月度汇总
    .for_month = 申请月份
    .closed_on = 截止汇总日期

department = 部门
    .name = 名称
    .contact = 联系人
    .is_active = 申请办公用品
    .requested_for = 最近申请的月份
    .reminded_for = 提醒的月份
    .reminder_stage = 该月提醒次数

item = 用品目录
    .name = 名称
    .unit = 单位
    .is_offered = 可以申请

consumable = 台面用品
    .name = 名称
    .unit = 单位
    .minimum = 最低数量
    .in_stock = 现有数量
consumable-state =
    .to-refill = 待补充
    .enough = 充足
consumable-refill = 补充
    .quantity = 补充数量
consumable-use = 登记取用
    .quantity = 取用数量
consumable-count = 盘点
    .counted = 实有数量
    .note = 差异原因

movement = 台面用品收发
    .consumable = 台面用品
    .quantity = 数量
    .moved_on = 日期
    .reason = 原因
    .note = 备注
movement-reason =
    .refilled = 补充
    .used = 取用
    .counted = 盘点

packing = 商品包装
    .goods = 商品
    .customer = 顾客
    .fee_fen = 工本费
    .packed_on = 日期
    .packed_by = 经办人

## 签字栏
box-duty-manager = 值班经理
box-supervisor = 客服主管
box-purchasing = 采购

## 到期
due-to-submit = 申请还没有提交
due-to-approve = 申请待批准
due-to-issue = 用品待领用
due-without-request = 部门还没有申请下月用品
due-to-refill = 台面用品待补充

## 任务和设置
job-deadline-reminder = 申请截止提醒
job-close-month = 月度申请截止汇总
setting-deadline_day = 每月几日截止申请
setting-reminder_days_before = 截止前几天提醒
setting-packing_fee_fen = 包装工本费
outcome-reminded = 提醒 { $reminded } 个部门
outcome-merged = 汇总 { $merged } 份申请

## 登记册
register-line = 办公用品领用登记表
    .fetched-by-hand = 领用签字
register-packing = 包装收费登记表

## 不能办的
refused-month-is-not-the-next = 办公用品只能申请下个月的：不填月份，或填下个月的日期。
refused-department-has-a-request = { $department }这个月已有一份申请，请在那一份上办理。
refused-request-is-submitted = 这份申请已经提交，不能再改。
refused-request-is-a-draft = 这份申请还是草稿，请先提交。
refused-request-is-decided = 这份申请已经批复过。
refused-request-is-empty = 申请上还没有物品，请先填写。
refused-request-has-changed = 申请明细刚有变动，请核对后再提交。
refused-deadline-is-over = 这个月的申请到 { $deadline } 截止。逾期申请要先请值班经理签字。
refused-quantity-is-negative = 数量不能是负数；填 0 就是取消这一项。
refused-item-is-not-offered = 这项物品已不再提供，请另选一项。
refused-request-is-not-approved = 批准了的申请才能发放。
refused-month-is-not-closed = 这个月的申请还没有汇总，汇总以后才能发放。
refused-month-is-closing = 这个月正在截止汇总，请再批准一次。
refused-packing-has-a-fee = 包装要收工本费，金额必须大于零。
refused-quantity-is-not-positive = 数量至少是 1。
refused-counter-has-fewer = 账上没有这么多，请先盘点。
refused-count-is-negative = 盘点数不能是负数，请重新盘点。

## 通知和待办
notice-department-without-request = { $department }还没有申请下月办公用品，{ $deadline } 截止。{ $contact }
task-refill = 请补充台面用品：{ $name }，至少 { $minimum } { $unit }

## 表单
form-request = 办公用品申请表
    .number = 申请单号
    .for-month = 申请月份
    .department = 部门
    .requester = 申请人
    .submitted-on = 提交日期
    .late = 逾期
    .count = 项数
    .row = 序号
    .item = 物品
    .unit = 单位
    .quantity = 数量
    .purpose = 用途
    .approved = 批准
    .note = 备注
    .head = 部门负责人
    .desk = 服务台
form-month-sheet = 办公用品申请表（汇总）
    .for-month = 申请月份
    .closed-on = 截止汇总
    .count = 项数
    .row = 序号
    .item = 物品
    .unit = 单位
    .total = 合计
    .shares = 其中
    .department = 部门
    .quantity = 数量
    .by-department = 各部门合计
    .rule = 汇总截止前批准的全部申请；值班经理签字的逾期申请批准时列入。
form-packing-receipt = 包装收费收据
    .goods = 商品
    .customer = 顾客
    .fee = 工本费（元）
    .day = 日期
    .packed-by = 经办人
    .rule = 所收费用为包装材料工本费。
    .desk = 服务台
    .paid-by = 顾客
form-counter-stock = 台面用品收发表
    .row = 序号
    .name = 名称
    .unit = 单位
    .minimum = 最低数量
    .opening = 期初
    .incoming = 收入
    .outgoing = 发出
    .closing = 期末
    .rule = 收入为补充，发出为取用和盘点短少。
    .desk = 服务台
