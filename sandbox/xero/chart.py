"""What every organisation has besides its bank account: accounts of income and expense, and tax rates."""

from typing import Any

INCOME = (("200", "Sales"), ("260", "Other Revenue"), ("270", "Interest Income"))
CODES = tuple(code for code, _ in INCOME)
RATES = (
    ("OUTPUT2", "20% (VAT on Income)", 20.0, True),
    ("ZERORATEDOUTPUT", "Zero Rated Income", 0.0, True),
    ("EXEMPTOUTPUT", "Exempt Income", 0.0, True),
    ("NONE", "No VAT", 0.0, True),
    ("INPUT2", "20% (VAT on Expenses)", 20.0, False),
)
CODE_MAX, NAME_MAX = 10, 150
TAX_TYPES = tuple(kind for kind, _, _, on_income in RATES if on_income)


def accounts() -> list[dict[str, Any]]:
    """Of income in use, of income no longer used, and of expense."""
    found = [_account(code, name, "REVENUE", "ACTIVE") for code, name in INCOME]
    return [*found, _account("280", "Old Fees", "REVENUE", "ARCHIVED"), _account("400", "Rent", "EXPENSE", "ACTIVE")]


def _account(code: str, name: str, kind: str, status: str) -> dict[str, Any]:
    return {
        "AccountID": f"00000000-0000-4000-8000-000000000{code}",
        "Code": code,
        "Name": name,
        "Type": kind,
        "Class": kind,
        "Status": status,
        "TaxType": "NONE",
        "EnablePaymentsToAccount": False,
    }


def tax_rates() -> list[dict[str, Any]]:
    """As Xero lists them: whole, without pages."""
    return [
        {
            "Name": name,
            "TaxType": kind,
            "Status": "ACTIVE",
            "DisplayTaxRate": rate,
            "EffectiveRate": rate,
            "CanApplyToRevenue": on_income,
            "CanApplyToExpenses": not on_income,
            "CanApplyToAssets": True,
            "CanApplyToEquity": True,
            "CanApplyToLiabilities": True,
            "TaxComponents": [{"Name": "VAT", "Rate": rate, "IsCompound": False, "IsNonRecoverable": False}],
        }
        for kind, name, rate, on_income in RATES
    ]
