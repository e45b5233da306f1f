# 非卖品标签自己的用语：简短，像跟柜台同事说话，并说明怎么办。
plugin-name = 非卖品标签

## 记录
issue = 标签领用
    .supplier = 供应商
    .credential = 出示证件
    .credential_no = 证件号码
    .contact = 联系人
    .activity = 活动
    .goods = 商品
    .quantity = 标签数
    .serials = 标签号
    .valid_from = 活动开始
    .valid_to = 活动截止
    .issued_on = 领用日期
    .outstanding = 未交代
    .affixed = 已粘贴
    .returned = 已退回
    .written_off = 已注销
    .starts_at = 从第几枚打印
    .was_chased = 已通知主管
    .closed_on = 结束日期
issue-credential =
    .business-licence = 营业执照
    .identity-card = 身份证
    .entry-permit = 进场证
    .delivery-note = 送货单
issue-activity =
    .tasting = 试吃
    .trial = 试用
    .gift = 赠品
issue-state =
    .issued = 已领用
    .affixed = 已粘贴
    .closed = 已结束
issue-affix = 粘贴
    .first = 起始标签号
    .last = 截止标签号
issue-return-unused = 退回未用标签
    .first = 起始标签号
    .last = 截止标签号
issue-write-off = 注销遗失标签
    .reason = 去向说明
issue-close = 结束
issue-print-labels = 打印标签
    .starts_at = 从第几枚开始

label = 标签
    .serial = 序号
    .code = 标签号
    .issue = 领用单
    .affixed_at = 粘贴时间
    .affixed_by = 粘贴人
    .returned_on = 退回日期
    .written_off_on = 注销日期
label-state =
    .issued = 供应商手中
    .affixed = 已粘贴
    .returned = 已退回作废
    .written-off = 已注销作废

label-stock = 标签号段
    .first_serial = 起始序号
    .last_serial = 截止序号
    .received_on = 入库日期
    .left = 剩余

movement = 标签收发
    .stock = 号段
    .quantity = 数量
    .moved_on = 日期
    .issue = 领用单

action-look-up = 查标签
    .serial = 标签号

## 签字栏
box-loss-prevention = 防损

## 到期
due-labels-unaccounted = 活动已结束，标签没有交代清楚

## 任务和设置
job-expired-activities = 到期活动检查
setting-sheet_columns = 每张横排枚数
setting-sheet_rows = 每张竖排枚数
setting-label_width = 标签宽（0.1 毫米）
setting-label_height = 标签高（0.1 毫米）
setting-sheet_left = 左边距（0.1 毫米）
setting-sheet_top = 上边距（0.1 毫米）
setting-gap_across = 横向间隔（0.1 毫米）
setting-gap_down = 纵向间隔（0.1 毫米）
outcome-listed = 列出 { $listed } 项，结束 { $closed } 项

## 登记册
register-issue = 非卖品标签领用登记表
    .received-by-hand = 领用签字

## 不能办的
refused-no-credential-no-label = 没有证件不能领标签：请供应商出示证件，并登记种类和号码。
refused-activity-ends-before-it-begins = 活动截止日期不能早于开始日期，也不能早于今天。
refused-quantity-is-not-positive = 至少领一枚标签。
refused-too-many-at-once = 一次最多 300 枚，其余的请另开一单。
refused-not-enough-labels = 剩下的标签不够，请先登记新号段。
refused-labels-were-just-issued = 这个号段刚被别人领用，请再领一次。
refused-range-is-backwards = 截止序号不能小于起始序号。
refused-serials-are-taken = 这些序号已在别的号段里：标签号一生只用一次。
refused-activity-is-over = 活动已经结束，标签不能再粘贴。
refused-activity-is-closed = 这项活动已经办结。
refused-no-label-is-left = 这些标签都已交代过，请核对标签号。
refused-labels-are-unaccounted = 还有 { $n } 枚标签没有交代：请退回，或者办理注销。
refused-write-off-needs-loss-prevention = 注销遗失的标签要先请防损签字。
refused-sheet-is-too-large = 设置的标签纸比 A4 大，请核对设置里的尺寸。
refused-label-was-never-issued = { $serial } 没有发放过：这件商品不能进场。

## 填写
not-a-serial = 这不是标签号：请扫描标签，或者输入号码。
no-such-label-on-the-sheet = 整张标签纸没有这一枚：从 1 开始，逐行数。

## 通知
notice-labels-unaccounted = { $supplier }的活动 { $number } 已结束，还有 { $n } 枚标签没有交代。
notice-labels-written-off = { $number }：注销标签 { $n } 枚。{ $reason }

## 表单
form-label-sheet = 非卖品标签
    .not-for-sale = 非卖品
    .valid-to = 有效期至
form-single-labels = 非卖品标签（单枚）
    .not-for-sale = 非卖品
    .valid-to = 有效期至
form-expired-activities = 到期活动标签清单
    .row = 序号
    .number = 领用单号
    .supplier = 供应商
    .contact = 联系人
    .goods = 商品
    .valid-to = 截止
    .quantity = 领用
    .affixed = 粘贴
    .returned = 退回
    .outstanding = 缺少
    .rule = 未用的标签退回作废；没有退回的，由防损签字注销。
    .desk = 服务台
    .supervisor = 客服主管
form-label-stock = 非卖品标签收发表
    .row = 序号
    .number = 号段
    .first = 起始标签号
    .last = 截止标签号
    .opening = 期初
    .incoming = 入库
    .outgoing = 领用
    .closing = 期末
    .rule = 标签号按顺序发放，一生只用一次；退回的作废，不再入库。
    .desk = 服务台
