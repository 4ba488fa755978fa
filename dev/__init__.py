"""What a developer's machine needs and nobody deploys.

A private RabbitMQ (`broker`), a private MongoDB (`store`), the choice between those, given addresses and containers
(`backends`), the platform's processes (`processes`), an OpenID issuer (`issuer`), a mail server that keeps what it is
given (`mail_sink`), the hand that turns the platform's clock (`clock`), and a wire that can be cut (`cable`).
Everything listens on loopback only, and nothing outlives the process that started it.
"""
