# 员工生日礼物自己的用语：简短，像跟柜台同事说话，并说明怎么办。
plugin-name = 员工生日礼物

## 记录
employee = 员工
    .employee_no = 工号
    .name = 姓名
    .department = 部门
    .birthday = 生日
    .joined_on = 入职日期
    .left_on = 离职日期
    .is_active = 在职
employee-state =
    .active = 在职
    .left = 已离职
employee-leave = 离职

handover-list = 生日礼物交接表
    .opened_on = 制表日期
    .handed_over_at = 交接时间
    .n_gifts = 份数
handover-list-state =
    .open = 待签字
    .handed-over = 已交接

gift = 生日礼物
    .employee = 员工
    .year = 年份
    .name = 姓名
    .department = 部门
    .birthday_on = 生日
    .list = 交接表
    .voucher_no = 礼券号
    .voucher_fen = 礼券金额
    .announced_on = 广播日期
    .delivered_at = 派发时间
    .signed_by = 签收人
    .returned_on = 退回日期
    .cancelled_on = 取消日期
gift-state =
    .expected = 人事处
    .received = 服务台
    .to-return = 待退人事
    .delivered = 已派发
    .returned-to-hr = 已退人事
    .cancelled = 已取消
gift-note-voucher = 登记礼券
    .voucher_no = 礼券号
    .voucher_fen = 金额
gift-deliver = 派发
    .signed_by = 签收人
gift-return-to-hr = 退回人事

## 签字栏
box-hr = 人事
box-desk = 服务台

## 到期
due-list-to-sign = 交接表待签字
due-to-deliver = 生日礼物待派发
due-to-return = 离职员工的礼物待退人事

## 任务和设置
job-list-next-month = 下月生日名单
job-todays-birthdays = 今日生日
setting-minimum_tenure_months = 满几个月有生日礼物
setting-leap_day = 2 月 29 日出生的，平年哪天过生日
outcome-listed = 列出 { $listed } 份
outcome-announced = 广播 { $announced } 人，待派发 { $to-deliver } 份

## 登记册
register-gift = 员工生日礼物派发登记表
    .signed-by-hand = 签收

## 不能办的
refused-employee-has-left = 这位员工已经离职，礼物要退回人事。
refused-gift-is-handed-over = 这份礼物已经交接，礼券不能再改。
refused-voucher-is-worth-nothing = 礼券金额必须大于零。
refused-gift-is-not-handed-over = 人事还没有交接这份礼物，请先在交接表上签字。
refused-gift-is-delivered = 这份礼物已经派发，一年只有一份。
refused-birthday-is-ahead = 还没到生日，当天再派发。
refused-employee-signs-in-person = 礼物要由{ $name }本人签收。
refused-gift-need-not-go-back = 这份礼物不用退回：离职员工的才退。
refused-hr-signs-for-it = 退回的礼物要人事签收。
refused-list-is-closed = 这张交接表已经签字，不能再改。
refused-list-has-changed = 交接表刚有变动，请核对后再签。
refused-list-is-empty = 这张交接表上没有礼物。
refused-voucher-is-missing = { $name }的礼券还没有登记，请填好号码和金额再签字。

## 填写
joined-before-born = 入职日期早于出生日期，请核对人事名单。

## 通知
notice-list-is-made = 近期生日名单已列好（{ $number }，{ $n } 份），请准备贺卡和礼券并签字。

## 表单
form-handover-list = 员工生日礼物交接表
    .birthdays = 生日
    .opened-on = 制表日期
    .count = 份数
    .row = 序号
    .name = 姓名
    .department = 部门
    .birthday = 生日
    .voucher-no = 礼券号
    .voucher = 金额（元）
    .total = 合计（元）
    .rule = 到生日当天满工龄的员工。人事交来贺卡和礼券后先签字，服务台清点后签字。
form-card = 生日贺卡
    .greeting = 生日快乐！
    .wish = 感谢您一年来的辛勤付出。全体同事祝您身体健康、工作顺利、阖家幸福！
form-broadcast-script = 生日广播稿
    .opening = 各位顾客、各位同事，大家好！今天是个特别的日子。
    .people = 今天过生日的是
    .closing = 我们祝他们生日快乐、身体健康、万事如意！请寿星到服务台领取礼物。
    .nobody = 今天没有人过生日。
    .read-at = 播出时间
    .reader = 播音员
form-delivery-list = 生日礼物派发登记表
    .row = 序号
    .number = 编号
    .name = 姓名
    .department = 部门
    .birthday = 生日
    .waiting = 天数
    .voucher-no = 礼券号
    .voucher = 金额（元）
    .signature = 签收
    .rule = 生日当天派发，由本人签收；没有派发的每天早上再列出。
    .desk = 服务台
