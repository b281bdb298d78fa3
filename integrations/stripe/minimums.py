"""What Stripe can take at all, and the least of it, as it publishes: https://docs.stripe.com/currencies (2026-11)."""

from decimal import Decimal

from integrations.errors import Refused
from integrations.stripe.amounts import decimals, money
from receivables.money import Money

TAKEN = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD
    JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD
    NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL
    THB TJS TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VND VUV WST XAF XCD XOF XPF YER ZAR ZMW
    """.split()
)
LEAST = {
    "AED": "2.00", "AUD": "0.50", "BGN": "1.00", "BRL": "0.50", "CAD": "0.50", "CHF": "0.50", "CZK": "15.00",
    "DKK": "2.50", "EUR": "0.50", "GBP": "0.30", "HKD": "4.00", "HUF": "175.00", "INR": "0.50", "JPY": "50",
    "MXN": "10.00", "MYR": "2.00", "NOK": "3.00", "NZD": "0.50", "PLN": "2.00", "RON": "2.00", "SEK": "3.00",
    "SGD": "0.50", "THB": "10.00", "USD": "0.50",
}  # fmt: skip
WHOLE = frozenset(("ISK", "UGX"))


def least(currency: str) -> Money:
    """The least that can be taken. Where Stripe publishes none, the smallest amount it can write: it judges then by
    what that is worth. Raises Refused for a currency that it cannot take."""
    code = currency.upper()
    if code not in TAKEN:
        raise Refused(f"Stripe cannot take payments in {code[:3]}; choose a bank transfer for this one")
    if code in LEAST:
        return Money.of(Decimal(LEAST[code]), code)
    step = {0: 1, 2: 1, 3: 10}[decimals(code)]
    return money(100 if code in WHOLE else step, code)
