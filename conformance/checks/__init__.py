"""The checks, one file per matter: scenarios speak and wait; audits look at everything that was heard."""
