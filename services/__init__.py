"""The four services: intake 申报, scoring 评分, review 审核, notify 通知. None imports another."""
