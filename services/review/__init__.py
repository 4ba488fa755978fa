"""Review 审核: from a scored application to an announced honour, under a procedure that is data.

One program serves any jurisdiction: a province (`SIHAO_AREAS=35`), a city for rounds of its own (`3502`), or the centre
with those it hosts (`SIHAO_AREAS=CN,33,43`). Each jurisdiction has its own case about an application,
`<application>@<jurisdiction>`.

Owns      rounds as frozen with their procedures · cases 审核案件 · experts 专家 · draws 抽签 ·
          proposed assignments 分配方案 · shortlists 推荐名单 · cohorts 评分基准 · panels 评审委员会 ·
          the leaders' decisions 主席办公会议 · notices 公示 · announcements 通报 · the decisions they list ·
          the register of honours 称号 · chambers renamed or merged · places in status lists 状态列表 ·
          exports 导出 · the register of keys 密钥 (kept at the centre) · who holds an area that moves 办理权 ·
          the days' books 对账 · facts given back
Hears     round.opened · application.scored · application.withdrawn · case.nominated (at the centre) ·
          chamber.renamed · chamber.merged
          and from itself: shortlist.sealed · cohort.frozen · panel.decided · leadership.decided · notice.closed ·
          announcement.made · honour.granted · honour.carried · key.registered · key.withdrawn · message.refused;
          books: in a province ledger.compared · healing.asked · facts.returned, at the centre ledger.closed ·
          ledger.differed · ledger.compared
Announces case.opened · case.advanced · case.returned · case.declined · case.nominated · case.withdrawn ·
          cohort.frozen · marks.settled · shortlist.sealed · panel.decided · leadership.decided · notice.opened ·
          notice.corrected · objection.filed · objection.ruled · notice.closed · announcement.made · honour.granted ·
          honour.recorded · honour.withheld · honour.suspended · honour.reinstated · honour.superseded ·
          honour.carried · honour.ended · honour.expired · honour.revoked
          and at the centre key.registered · key.withdrawn · message.refused;
          books: in a province ledger.closed · ledger.differed, at the centre ledger.compared · healing.asked ·
          facts.returned (these, like message.refused, from every service there)

Read on: `procedures/`, `sanctions/` (what happens, in words an official can check) → `domain/` (how) → `handlers.py`
(on which event) → `api/` (at whose request).
"""
