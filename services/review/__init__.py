"""Review 审核: from a scored application to an announced honour, under a procedure that is data.

One program serves any jurisdiction: a province (`SIHAO_AREAS=35`), or the centre with the provinces it hosts
(`SIHAO_AREAS=CN,33,43`). Each jurisdiction has its own case about an application, `<application>@<jurisdiction>`.

Owns      rounds as frozen with their procedures · cases 审核案件 · experts 专家 · draws 抽签 · shortlists 推荐名单 ·
          panels 评审委员会 · the leaders' decisions 主席办公会议 · notices 公示 · announcements 通报 ·
          the decisions they list · the register of honours 称号 · places in status lists 状态列表 · exports 导出 ·
          the register of keys 密钥 (kept at the centre)
Hears     round.opened · application.scored · application.withdrawn · case.nominated (at the centre)
          and from itself: shortlist.sealed · panel.decided · leadership.decided · notice.closed ·
          announcement.made · honour.granted · key.registered · key.withdrawn · message.refused
Announces case.opened · case.advanced · case.returned · case.declined · case.nominated · case.withdrawn ·
          marks.settled · shortlist.sealed · panel.decided · leadership.decided · notice.opened · objection.filed ·
          objection.ruled · notice.closed · announcement.made · honour.granted · honour.recorded · honour.withheld ·
          honour.superseded · honour.expired · honour.revoked
          and at the centre key.registered · key.withdrawn · message.refused

Read on: `procedures/` (what happens, in words an official can check) → `domain/` (how) → `handlers.py` (on which event)
→ `api/` (at whose request).
"""
