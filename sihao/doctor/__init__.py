"""`sihao doctor`: looks at a whole deployment and says what is wrong and what to do about it.

place     what was named: addresses of broker, store, services, mail, issuer, traces
<topic>   facts are gathered, then judged: `look` does the first, `judge…` is pure
look      all topics, one after the other
cli       the command
"""
