"""The small firm of the live suite; run once, inside `odoo shell` (`env` is Odoo's), when the template is built.

Two companies with a chart of accounts each, and people with the rights that such people have. ODOO_KEYS names the file
that takes the API keys: keys cannot be made from outside.
"""

import os

PEOPLE = {  # login: (name, company, manager, department, groups beside an employee's)
    "lea": ("Lea Lindt", "de", None, None, ["account.group_account_invoice"]),
    "ann": ("Ann Albers", "de", "lea", "Finance", ["account.group_account_manager"]),
    "dan": ("Dan Dietz", "de", "ann", "Finance", ["account.group_account_invoice"]),
    "mia": ("Mia Moreau", "de", "lea", None, ["project.group_project_manager"]),
    "ben": ("Ben Brook", "de", "lea", "Munich", ["account.group_account_invoice", "project.group_project_user"]),
    "frank": ("Frank Flynn", "us", "lea", None, ["account.group_account_manager"]),
    "eve": ("Eve Egan", "us", "frank", None, []),
}
COCKPIT = [  # what the integration user needs to read, and to release and post invoices; it is no administrator
    "base.group_user",
    "base.group_partner_manager",  # for the tests alone: they make clients
    "account.group_account_invoice",
    "hr.group_hr_user",
    "hr_holidays.group_hr_holidays_user",
    "hr_timesheet.group_hr_timesheet_approver",
    "project.group_project_manager",
    "sales_team.group_sale_salesman_all_leads",
    "hr_expense.group_hr_expense_user",
    "purchase.group_purchase_user",
    "helpdesk_mgmt.group_helpdesk_user",
]
FEATURES = [  # what a firm ticks in its settings
    "base.group_multi_currency",
    "analytic.group_analytic_accounting",
    "project.group_project_milestone",
    "project.group_project_stages",
    "project.group_project_task_dependencies",
]


def refs(xids):
    return [(6, 0, [env.ref(xid).id for xid in xids])]  # noqa: F821


def company(record, name, country, currency, rates):
    record.write({"name": name, "country_id": env.ref(f"base.{country}").id})  # noqa: F821
    env["account.chart.template"].try_loading("generic_coa", company=record, install_demo=False)  # noqa: F821
    record.currency_id = env.ref(f"base.{currency}")  # noqa: F821
    for code, rate in rates.items():
        money = env.ref(f"base.{code}")  # noqa: F821
        money.active = True
        env["res.currency.rate"].create(  # noqa: F821
            {"currency_id": money.id, "company_id": record.id, "name": "2026-01-01", "company_rate": rate}
        )
    return record


def user(login, name, home, companies, groups):
    return env["res.users"].with_context(no_reset_password=True).create({  # noqa: F821
        "name": name, "login": login, "password": login, "email": f"{login}@example.com",
        "company_id": home.id, "company_ids": [(6, 0, companies.ids)], "group_ids": refs(["base.group_user", *groups]),
    })  # fmt: skip


def hire(de, us):
    made, departments = {}, {}
    for login, (name, home, manager, department, groups) in PEOPLE.items():
        where = de if home == "de" else us
        if department and department not in departments:
            departments[department] = env["hr.department"].create({"name": department, "company_id": where.id})  # noqa: F821
        person = user(login, name, where, where, groups)
        made[login] = env["hr.employee"].create({  # noqa: F821
            "name": name, "user_id": person.id, "work_email": person.email, "company_id": where.id, "hourly_cost": 60,
            "department_id": departments[department].id if department else False,
            "parent_id": made[manager].id if manager else False,
        })  # fmt: skip
    return departments


def run():
    admin = env.ref("base.user_admin")  # noqa: F821
    admin.password = "admin"
    for feature in FEATURES:
        env.ref("base.group_user")._apply_group(env.ref(feature))  # noqa: F821
    de = company(env.company, "Halden & Roth GmbH", "de", "EUR", {"USD": 1.1})  # noqa: F821
    us = env["res.company"].create({"name": "Halden & Roth Inc."})  # noqa: F821
    company(us, "Halden & Roth Inc.", "us", "USD", {"EUR": 0.9})
    both = de + us
    admin.write({"company_ids": [(6, 0, both.ids)], "company_id": de.id})
    cockpit = user("cockpit", "Delivery Cockpit", de, both, COCKPIT[1:])
    hire(de, us)
    env["product.product"].create({"name": "Consulting", "type": "service", "list_price": 160})  # noqa: F821
    key = env["res.users.apikeys"]  # noqa: F821
    people = env["res.users"].search([("login", "in", [*PEOPLE])])  # noqa: F821
    keys = {
        person.login: key.with_user(person).sudo()._generate(None, "tests", None) for person in admin + cockpit + people
    }
    with open(os.environ["ODOO_KEYS"], "w") as out:
        for login, secret in keys.items():
            name = {"cockpit": "", "admin": "ADMIN_"}.get(login, login.upper() + "_")
            out.write(f"ODOO_{name}LOGIN={login}\nODOO_{name}PASSWORD={login}\nODOO_{name}API_KEY={secret}\n")
    env.cr.commit()  # noqa: F821


run()
