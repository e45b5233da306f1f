# 主机自己的文字。各职能的文字在 plugins/<id>/locales/ 里;键的写法见 deskbell-sdk 的手册。

## 出了什么问题
problem-validation-failed = 填写有误,请看标出的栏目。
problem-not-found = 没有找到:{ $detail }。
problem-unauthenticated = 请先登录,或提供有效的访问令牌。
problem-forbidden = 您没有做这件事的权限({ $detail })。
problem-wrong-pin = 签字人或 PIN 不对,请核对后再签。
problem-site-required = 您在多个门店任职,请指明门店(site=…)。
problem-conflict = 数据刚被别人改动,请重试。
problem-stale-version = 这条记录已被别人改过,请刷新后再改。
problem-version-required = 修改记录要带上您看到的版本(If-Match)。
problem-sign-off-required = 需要签字后才能办理。
refused-signed-out-of-turn = 还没轮到这一栏：请前一栏先签字。
refused-signed-by-the-same-person = 您已在这张单上签过另一栏，这一栏须由别人签。
problem-erased = 其中的个人信息已按规定清除。
problem-idempotency-mismatch = 这个 Idempotency-Key 已用于另一份内容,请换一个新的。
problem-plugin-panicked = 该职能出错了,这次操作没有留下任何改动。请告知电脑部。
problem-plugin-crashed = 该职能的程序中途退出,这次操作没有留下任何改动,请再试一次。
problem-plugin-timeout = 该职能没有及时答复,这次操作没有留下任何改动,请稍后再试。
problem-plugin-quarantined = 该职能已被暂停,目前只能查看。请电脑部检查后重新启用。
problem-plugin-refused = 插件不能装入:{ $detail }。
problem-storage-full = 磁盘已满,没有保存。请通知电脑部清理后再试。
problem-storage-unavailable = 数据库暂时不可用,没有保存,请稍后再试。
problem-overloaded = 系统正忙,请稍后再试。
problem-too-many-requests = 请求太频繁,请稍后再试。
problem-config-invalid = 设置有误:{ $detail }。
schema-is-older = 这个数据库是旧版 Deskbell 写的:请先运行 `deskbell db migrate`。
problem-bad-request = 请求无法读取:{ $detail }。
problem-method-not-allowed = 此地址不接受该方法({ $detail })。
problem-unsupported-media-type = 请求必须是 JSON(Content-Type: application/json)。
problem-payload-too-large = 请求内容过大。
problem-internal = 程序出错了,这次操作没有留下任何改动。请告知电脑部。

## 栏目填写
required = 必填。
unknown-field = 没有这个栏目{ $nearest ->
    [none] 。
   *[other] ,您是指 { $nearest } 吗?
}
given-twice = 重复给出。
record-or-period = 请只给出一条记录或一段日期(from、to),不要两者都给。
ends-before-it-begins = 结束日期早于开始日期。
not-editable = 这个栏目不能直接修改。
not-a-text = 应为文字。
not-a-number = 应为整数。
not-a-bool = 应为是或否(true 或 false)。
not-a-day = 应为日期,例如 2026-11-24。
not-an-instant = 应为带时区的时间,例如 2026-11-24T09:30:00+08:00。
not-a-choice = 只能是:{ $allowed }。
not-an-operator = 不能这样筛选,可用:{ $allowed }。
not-a-record = 没有编号为 { $number } 的记录。
number-too-small = 不能小于 { $min }。
number-too-large = 不能大于 { $max }。
text-too-long = 最多 { $max } 个字。
text-has-control-characters = 含有不可见的控制字符。
not-unique = 已有相同的记录。
bad-json = 不是有效的 JSON:{ $detail }。
bad-cursor = 翻页标记无效,请从第一页开始。
day-in-future = 业务日期在将来,只能试运行(dry_run)。
password-length = 密码长度应为 { $min } 到 { $max } 个字符。
password-common = 这个密码太常见,请换一个。
pin-digits = PIN 应为 { $min } 到 { $max } 位数字。
pin-common = 这个 PIN 太容易猜到,请换一个。
login-name = 登录名只能用字母、数字和 . - _,最多 64 个。

## 导入文件
import-refused = 一行也没有导入：有 { $rows } 行不对，见下。
import-done = 新登记 { $created } 条，更新 { $changed } 条，未变 { $unchanged } 条。
import-previewed = 只是预览，没有写入：将新登记 { $created } 条，更新 { $changed } 条，未变 { $unchanged } 条。
import-repeated = 这个文件已于 { $on } 由{ $by }导入（登记 { $created } 条），这次没有改动。
import-empty = 文件在表头以下没有内容。
import-old-workbook = 这是旧版 Excel 文件（.xls），请另存为 .xlsx 或 CSV。
import-not-text = 既不是工作簿，也不是 UTF-8 或 GB18030 编码的文本。
import-not-a-table = 不能作为表格读取：{ $detail }。
import-unreadable = 无法读取，请另存为 .xlsx 或 CSV 再试。
import-too-long = 超过 { $max } 行，请分成几个文件。
import-too-wide = 超过 { $max } 列。
import-unknown-column = 没有这一列{ $nearest ->
    [none] 。
   *[other] ，是不是“{ $nearest }”？
}可以有：{ $allowed }。
import-missing-column = 缺少这一列，每一行都要填。
import-stray-cell = 这一格没有表头。
import-differs = { $number } 已经登记，内容与这里不同；请直接修改那条记录。
import-rows-meet = 文件里另一行也改同一条记录，请分开导入。
not-an-amount = 须是以元为单位的金额，例如 12.50。

## 公共栏目
field-id = 标识
field-number = 编号
field-site = 门店
field-version = 版本
field-state = 状态
field-created_at = 登记时间
field-created_by = 登记人
field-updated_at = 更新时间
field-updated_by = 更新人
field-void_reason = 作废原因

## 角色
role-clerk = 服务台员工
role-supervisor = 客服主管
role-duty-manager = 值班经理
role-loss-prevention = 防损
role-operations = 营运
role-purchasing = 采购
role-hr = 人事
role-finance = 财务
role-receiving = 收货
role-security = 保安
role-planning = 企划
role-it = 电脑部
role-admin = 管理员

## 任务
outcome-nothing-due = 没有到期的事项
outcome-dropped = 另有 { $dropped } 项未能处理
run-failed = 没有完成，也不再重试。
run-lost = 运行中程序意外结束，没有留下任何改动。
run-replaced = 下一次已到时间，这一次没有做完就放弃了。
run-coalesced = 已由另一次运行一并办理。
run-skipped-missed = 服务台停机时错过，不再补办。
run-skipped-over-cap = 服务台停机时错过；只补办了最近的几次。
run-skipped-overlap = 上一次还没有做完。
run-skipped-no-handler = 这项功能已不在服务台上。
run-skipped-paused = 该任务已暂停。

## 任务的时间
schedule-none = 只能手动运行
schedule-other = 按 cron：{ $cron }
schedule-daily = 每天 { $time }
schedule-monthly = 每月{ $day }日 { $time }
schedule-month-end = 每月最后一天 { $time }
schedule-yearly = 每年{ $month }月{ $day }日 { $time }
schedule-weekly = { $day ->
    [monday] 每周一
    [tuesday] 每周二
    [wednesday] 每周三
    [thursday] 每周四
    [friday] 每周五
    [saturday] 每周六
    [sunday] 每周日
    [workdays] 周一至周五
   *[weekend] 周六、周日
} { $time }
schedule-nth-weekday = 每月{ $nth ->
    [last] 最后一个
   *[other] 第{ $nth }个
}{ $day ->
    [monday] 周一
    [tuesday] 周二
    [wednesday] 周三
    [thursday] 周四
    [friday] 周五
    [saturday] 周六
   *[sunday] 周日
} { $time }
schedule-hourly = 每小时第{ $minute }分
schedule-every-minutes = { $n ->
    [1] 每分钟
   *[other] 每{ $n }分钟
}
schedule-at-opens = 每天开店时（{ $time }）
schedule-before-opens = 每天开店前{ $minutes }分钟（{ $time }）
schedule-after-opens = 每天开店后{ $minutes }分钟（{ $time }）
schedule-at-closes = 每天关店时（{ $time }）
schedule-before-closes = 每天关店前{ $minutes }分钟（{ $time }）
schedule-after-closes = 每天关店后{ $minutes }分钟（{ $time }）

## 打印机
unknown-printer = 这里没有这台打印机{ $nearest ->
    [none] 。
   *[other] ，是不是“{ $nearest }”？
}
print-unreachable = 连不上打印机（{ $detail }），稍后自动再试。
print-out-of-paper = 打印机缺纸。
print-stopped = 打印机停了（{ $detail }）。
print-no-pdf = 打印机不接受 PDF。
print-no-media = 打印机没有 { $detail } 这种纸。
print-not-set = 版面无法生成：{ $detail }
print-printer-gone = 设置里已没有这台打印机。
print-cannot-tell = 已交给打印机；这台打印机不报告是否印好。
print-forgotten = 已交给打印机；打印机已不记得这份作业。
print-cancelled = 已在打印机上取消。
print-before-restore = 备份时仍在排队，之后可能已经打印；如仍需要，请重新打印。

## 对外通知
delivery-subject = { $site }：{ $role }通知
delivery-about = 单号：{ $number }
delivery-foot = { $site }，{ $at }，发给{ $role }。本消息由 Deskbell 自动发送，请勿回复。
message-unreachable = 暂时送不到（{ $detail }），稍后重试。
message-refused = 对方拒收（{ $detail }）。
message-delivery-gone = 设置里已经没有这个发送渠道。
message-notice-gone = 这条通知已经不在了。
message-before-restore = 备份时仍在等待发送，之后可能已经发出。
only-played = 只是演练，没有发出。

## 纸面
paper-page = 第 { $page } 页 / 共 { $pages } 页
paper-copy = 补打第 { $copy } 次
paper-sample = 样张
paper-made = 打印：{ $at } { $by }
paper-period = { $from } 至 { $to }
paper-number = 编号
paper-colon = ：
paper-signature = 签字
paper-date = 日期
paper-empty = （无）
paper-yes = 是
paper-no = 否
paper-missing-characters = 字库中没有“{ $characters }”，“{ $text }”里的这些字打印不出来，请手写补上。
register-row = 序号
register-count = 共 { $count } 条
register-brought-forward = 承前页
register-carried-forward = 过次页
register-total = 合计
register-yuan = { $title }(元)
paper-not-set = 纸面暂时没有排好，已登记，可稍后再取：{ $reason }
paper-shipped-form = 本店的表单“{ $file }”有错，暂用随系统提供的表单。
