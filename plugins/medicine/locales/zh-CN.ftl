# 药品管理自己的用语：简短，像跟柜台同事说话，并说明怎么办。
plugin-name = 药品管理

## 记录
item = 药品
    .name = 名称
    .unit = 单位
    .minimum = 最低库存
item-receive = 入库
    .lot_no = 批号
    .expires_on = 有效期至
    .quantity = 数量
action-set-up-standard-list = 建立常备药品清单

lot = 批次
    .item = 药品
    .lot_no = 批号
    .expires_on = 有效期至
    .received_on = 入库日期
    .quantity = 数量
    .was_warned = 已提醒
    .disposal = 报废单
    .quarantined_on = 封存日期
    .reason = 原因
    .disposed_on = 报废日期
lot-state =
    .usable = 可用
    .quarantined = 已封存
    .finished = 已用完
    .disposed = 已报废
lot-count = 盘点
    .counted = 实有数量
    .note = 差异原因
lot-quarantine = 封存
    .reason = 原因

movement = 药品收发
    .lot = 批次
    .quantity = 数量
    .moved_on = 日期
    .reason = 原因
    .given = 使用单
    .disposal = 报废单
    .note = 备注
movement-reason =
    .received = 入库
    .used = 使用
    .counted = 盘点
    .disposed = 报废

use = 药品使用
    .item = 药品
    .item_name = 药品
    .quantity = 数量
    .lots = 批号
    .given_to = 使用人身份
    .name = 姓名
    .complaint = 情况
    .is_urgent = 紧急
    .used_on = 日期
    .given_by = 经办人
use-given_to =
    .customer = 顾客
    .staff = 员工

restock = 补货申请
    .item = 药品
    .requested_on = 申请日期
    .in_stock = 现有可用
    .minimum = 最低库存
    .received_on = 到货日期
    .reason = 原因
restock-state =
    .open = 待补货
    .received = 已到货
    .cancelled = 已取消
restock-cancel = 取消
    .reason = 原因

disposal = 药品报废单
    .opened_on = 开单日期
    .manner = 处理方式
    .disposed_at = 报废时间
    .n_lots = 批次数
disposal-state =
    .open = 待签字
    .disposed = 已报废

clinic = 附近诊所
    .name = 名称
    .telephone = 电话
    .address = 地址
    .hours = 门诊时间

training = 急救培训
    .clerk = 员工
    .trained_on = 培训日期
    .renew_by = 有效期至
training-renew = 复训
    .trained_on = 培训日期
    .renew_by = 有效期至

## 签字栏
box-clerk = 服务台员工
box-supervisor = 客服主管

## 到期
due-expires-soon = 药品即将过期
due-to-dispose = 已封存，待报废
due-to-restock = 待补货
due-disposal-to-sign = 报废单待签字
due-training-to-renew = 急救培训待复训

## 任务和设置
job-expiry-check = 药品效期检查
job-stock-check = 药品库存检查
setting-expiry_warning_days = 过期前几天提醒
setting-training_warning_days = 急救培训到期前几天提醒
outcome-warned = 提醒 { $warned } 批，封存 { $quarantined } 批
outcome-requested = 申请补货 { $requested } 种

## 登记册
register-use = 药品使用登记表
    .received-by-hand = 领用签字

## 不能办的
refused-quantity-is-not-positive = 数量至少是 1。
refused-lot-is-past-its-date = 这批药已过有效期，不能入库也不能使用，请退回。
refused-lot-has-another-date = 这个批号登记的有效期不同，请再核对包装。
refused-lot-is-set-aside = 这批药已经封存，不能再入库或使用。
refused-lot-has-left = 这批药已经出库，不用再盘点。
refused-quarantined-lots-leave-by-a-slip = 封存的批次不再盘点，凭两人签字的报废单出库。
refused-count-is-negative = 盘点数不能是负数，请重新盘点。
refused-not-enough-usable = 可以使用的{ $item }没有这么多：过期和封存的不算。请少取一些，或者联系诊所。
refused-is-requested = 这种药刚刚申请过补货。
refused-request-is-done = 这份补货申请已经办结。
refused-nothing-is-quarantined = 没有封存的药品，不用报废。
refused-slip-is-signed = 这张报废单已经签字，不能再改。
refused-slip-has-changed = 报废单上的药品刚有变动，请核对后再签。
refused-training-is-ahead = 培训日期不能晚于今天。
refused-training-holds-no-time = 有效期要晚于培训日期。

## 通知
notice-urgent-use = 紧急用药：服务台使用了{ $item }（{ $number }），请马上过来。
notice-lot-expires-soon = { $item }批号 { $lot }，{ $expires } 过期，还有 { $n }。
notice-lot-quarantined = { $item }批号 { $lot } 已于 { $expires } 过期并封存，待报废 { $n }。
notice-restock = { $item }只剩 { $n } { $unit }，最低应有 { $minimum }，补货申请单已打印。

## 表单
form-stock = 药品库存登记表
    .row = 序号
    .item = 药品
    .lot-no = 批号
    .expires-on = 有效期至
    .unit = 单位
    .opening = 期初
    .incoming = 入库
    .outgoing = 出库
    .closing = 期末
    .state = 可用
    .usable = 是
    .not-usable = 否
    .rule = 先过期的先用。有效期当天还可以用，第二天封存。
    .desk = 服务台
    .supervisor = 客服主管
form-disposal-slip = 药品报废单
    .opened-on = 开单日期
    .manner = 处理方式
    .count = 批次数
    .row = 序号
    .item = 药品
    .lot-no = 批号
    .expires-on = 有效期至
    .quantity = 数量
    .unit = 单位
    .reason = 原因
    .past-date = 过期
    .rule = 封存的药品，两人都签字以后才能出库。
form-restock-request = 补货申请单
    .requested-on = 申请日期
    .item = 药品
    .in-stock = 现有可用
    .minimum = 最低库存
    .lacking = 缺少
    .desk = 服务台
    .purchasing = 采购
form-first-aid = 急救联系表
    .clinics = 附近诊所
    .name = 名称
    .telephone = 电话
    .address = 地址
    .hours = 门诊时间
    .trained = 受过急救培训的员工
    .clerk = 员工
    .trained-on = 培训日期
    .renew-by = 有效期至
