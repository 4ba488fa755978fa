"""The Chinese words of the message catalogue. The English ones stand in the contracts' docstrings."""

SERVICES = {
    "intake": "申报 intake",
    "scoring": "评分 scoring",
    "review": "审核 review",
    "notify": "通知 notify",
}

TITLES = {
    "round.opened": "认定周期开启",
    "round.closed": "申报截止",
    "rubric.published": "标准发布",
    "application.submitted": "申报提交",
    "application.withdrawn": "申报撤回",
    "application.scored": "申报评分",
    "case.opened": "受理审核",
    "case.advanced": "进入下一环节",
    "case.returned": "退回补正",
    "case.declined": "审核未通过",
    "case.withdrawn": "审核终止",
    "shortlist.sealed": "推荐名单封存",
    "case.nominated": "推荐上报",
    "cohort.frozen": "评分截止",
    "marks.settled": "专家评分汇总",
    "panel.decided": "评审委员会表决",
    "leadership.decided": "主席办公会议审议",
    "notice.opened": "公示开始",
    "objection.filed": "收到异议",
    "objection.ruled": "异议裁定",
    "notice.closed": "公示结束",
    "announcement.made": "通报发布",
    "honour.granted": "授予称号",
    "honour.recorded": "登记往届称号",
    "honour.withheld": "不授予称号",
    "honour.superseded": "称号由后一周期接续",
    "honour.expired": "称号到期",
    "honour.revoked": "撤销称号",
    "letter.delivered": "信函送达",
    "letter.failed": "信函未送达",
    "bulletin.published": "公告发布",
}
"""By event name, whatever the version; a new event needs its line here."""
