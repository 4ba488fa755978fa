"""The rules of review, pure: every function answers what changes, and reads no clock, no store and no network.

- `procedure`: a procedure as a list of stages, of few kinds.
- `terms`:     what a round lays down, frozen when it opens.
- `case`:      an application under review in one jurisdiction; `moves` are its elementary steps.
- `opening`:   scorecards, nominations and withdrawals that a case hears.
- `officer`:   pass, return, decline.
- `recusal`:   when an expert has to stand aside;  `expert`: the pool.
- `drawing`:   an order that anyone can repeat;  `draw`: promised, then told.
- `task`:      what cases ask of an assignment, with `demand` as its data;  `assignment`: experts for all of them, with
               `roster` and `seating` to find it, `obstacles` and `cures` where there is none.
- `proposal`:  an assignment kept with what it follows from, and applied.
- `marking`:   experts mark; `reference` and `opinion`: what a mark is held against; `spread`: how far marks lie apart.
- `cohort`:    the marking is closed;  `normalising`, then `trimmed`: how marks become one, put together in `settling`.
- `ranking`:   who stands where and why;  `shortlist`: the list, sealed.
- `tally`:     quorum and majority;  `panel`: the committee and its vote.
- `notice`:    public notice, objections, rulings;  `announcement`: the result.
- `outcome`:   what lists, votes, notices and announcements mean for a case.
- `honour`:    the register: granted, superseded, expired, revoked.
- `replay`, `replay_case`: a round computed again.
- `line`:      a case as it stands in a list;  `export`: lists as workbooks, made in the background.
"""
