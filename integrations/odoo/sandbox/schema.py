"""The models and fields that the sandbox offers, declared once, with the tables that hold them.

A model is a line `name: label, readers, writers` (groups by their names in GROUPS) and `field:kind` words below it.
Kinds: char text html json int float money bool date datetime ref binary; `sel=a|b+c`, a plus for a space; `>model`
many2one, `*model` many2many, `<model.field` one2many. A trailing `!` means required, `@group` that only its members may
read it; a leading `~` not stored in Odoo, `=` computed, so that nobody writes it. Names, kinds and flags are Odoo 19's.
"""

from dataclasses import dataclass
from itertools import takewhile

from . import lifecycle
from .errors import OdooError

GROUPS = {
    "user": "base.group_user", "system": "base.group_system", "rights": "base.group_erp_manager",
    "partners": "base.group_partner_manager", "invoicing": "account.group_account_invoice",
    "accounting": "account.group_account_manager", "hr": "hr.group_hr_user", "contracts": "hr.group_hr_manager",
    "leaves": "hr_holidays.group_hr_holidays_user", "timesheets": "hr_timesheet.group_hr_timesheet_approver",
    "projects": "project.group_project_manager", "sales": "sales_team.group_sale_salesman_all_leads",
    "expenses": "hr_expense.group_hr_expense_user", "purchases": "purchase.group_purchase_user",
    "tickets": "helpdesk_mgmt.group_helpdesk_user",
}  # fmt: skip
NUMBERS = {"int": "integer", "float": "float", "money": "monetary", "ref": "many2one_reference"}
TEXTS = {
    "char": "char",
    "text": "text",
    "html": "html",
    "date": "date",
    "datetime": "datetime",
    "sel": "selection",
    "json": "json",
}
TYPES = NUMBERS | TEXTS | {"bool": "boolean", "binary": "binary", ">": "many2one", "*": "many2many", "<": "one2many"}
MAGIC = "id:int create_uid:>res.users create_date:datetime write_uid:>res.users write_date:datetime"

DECLARED = """
res.company: Companies, user, rights
    name:char! currency_id:>res.currency! partner_id:>res.partner parent_id:>res.company active:bool email:char
    resource_calendar_id:>resource.calendar ~country_code:char
res.currency: Currency, user, system
    name:char! symbol:char! decimal_places:int rounding:float active:bool
res.currency.rate: Currency Rate, user, invoicing
    name:date! currency_id:>res.currency! company_id:>res.company rate:float ~company_rate:float
    ~inverse_company_rate:float
res.users: User, user, rights
    login:char! ~name:char ~email:char ~tz:sel active:bool share:bool partner_id:>res.partner company_id:>res.company!
    company_ids:*res.company group_ids:*res.groups employee_ids:<hr.employee.user_id ~password:char
res.users.apikeys: Users API Keys, user, system
    name:char! user_id:>res.users! scope:char expiration_date:datetime
res.groups: Access Groups, user, rights
    name:char! comment:text share:bool implied_ids:*res.groups user_ids:*res.users
hr.employee: Employee, hr, hr
    name:char active:bool user_id:>res.users work_email:char ~department_id:>hr.department parent_id:>hr.employee
    coach_id:>hr.employee ~job_title:char hourly_cost:money ~resource_calendar_id:>resource.calendar
    resource_id:>resource.resource expense_manager_id:>res.users leave_manager_id:>res.users ~tz:sel
    company_id:>res.company!
    ~employee_type:sel=employee|worker|student|trainee|contractor|freelance ~job_id:>hr.job
    =current_version_id:>hr.version ~date_version:date ~departure_date:date
    ~contract_date_start:date@contracts ~contract_date_end:date@contracts
hr.version: Employee Contract, hr, hr
    name:char employee_id:>hr.employee date_version:date! active:bool company_id:>res.company
    department_id:>hr.department job_id:>hr.job job_title:char resource_calendar_id:>resource.calendar
    employee_type:sel=employee|worker|student|trainee|contractor|freelance! departure_date:date
    contract_date_start:date@contracts contract_date_end:date@contracts
hr.department: Department, user, hr
    name:char! parent_id:>hr.department manager_id:>hr.employee active:bool company_id:>res.company
resource.calendar: Resource Working Time, user, system
    name:char! active:bool company_id:>res.company tz:sel! hours_per_day:float hours_per_week:float flexible_hours:bool
    full_time_required_hours:float two_weeks_calendar:bool attendance_ids:<resource.calendar.attendance.calendar_id
resource.calendar.attendance: Work Detail, user, system
    name:char! calendar_id:>resource.calendar! dayofweek:sel=0|1|2|3|4|5|6! hour_from:float! hour_to:float!
    day_period:sel=morning|lunch|afternoon|full_day! week_type:sel=0|1 display_type:sel=line_section sequence:int
resource.calendar.leaves: Resource Time Off Detail, user, user
    name:char calendar_id:>resource.calendar company_id:>res.company resource_id:>resource.resource date_from:datetime!
    date_to:datetime! time_type:sel=leave|other
hr.leave: Time Off, user, user
    employee_id:>hr.employee! holiday_status_id:>hr.leave.type! state:sel=confirm|refuse|validate1|validate|cancel
    request_date_from:date request_date_to:date date_from:datetime date_to:datetime number_of_days:float
    number_of_hours:float company_id:>res.company employee_company_id:>res.company
res.partner: Contact, user, partners
    name:char ref:char is_company:bool parent_id:>res.partner =commercial_partner_id:>res.partner active:bool email:char
    vat:char category_id:*res.partner.category company_id:>res.company customer_rank:int supplier_rank:int
    user_id:>res.users lang:sel ~country_code:char property_payment_term_id:>account.payment.term
res.partner.category: Partner Tags, user, partners
    name:char! parent_id:>res.partner.category active:bool color:int
project.project: Project, user, projects
    name:char! active:bool is_template:bool partner_id:>res.partner user_id:>res.users date_start:date date:date
    allocated_hours:float account_id:>account.analytic.account company_id:>res.company allow_billable:bool
    allow_timesheets:bool last_update_status:sel=on_track|at_risk|off_track|on_hold|to_define|done
    billing_type:sel=not_billable|manually stage_id:>project.project.stage last_update_id:>project.update
    tag_ids:*project.tags sale_line_id:>sale.order.line reinvoiced_sale_order_id:>sale.order allow_milestones:bool
    privacy_visibility:sel=followers|invited_users|employees|portal
account.analytic.line: Analytic Line, user, timesheets
    name:char! date:date! employee_id:>hr.employee user_id:>res.users department_id:>hr.department amount:money
    manager_id:>hr.employee project_id:>project.project task_id:>project.task parent_task_id:>project.task
    unit_amount:float is_so_line_edited:bool
    currency_id:>res.currency company_id:>res.company! partner_id:>res.partner so_line:>sale.order.line
    order_id:>sale.order timesheet_invoice_id:>account.move account_id:>account.analytic.account holiday_id:>hr.leave
    timesheet_invoice_type:sel=billable_time|billable_fixed|billable_milestones|billable_manual|non_billable
    category:sel=other|invoice|vendor_bill global_leave_id:>resource.calendar.leaves product_uom_id:>uom.uom
account.move: Journal Entry, invoicing, invoicing
    =name:char ref:char move_type:sel=entry|out_invoice|out_refund|in_invoice|in_refund|out_receipt|in_receipt!
    company_id:>res.company state:sel=draft|posted|cancel! partner_id:>res.partner currency_id:>res.currency!
    =payment_state:sel=not_paid|in_payment|paid|partial|reversed|blocked|invoicing_legacy
    =commercial_partner_id:>res.partner invoice_date:date invoice_user_id:>res.users invoice_date_due:date date:date!
    invoice_origin:char payment_reference:char invoice_currency_rate:float =amount_untaxed:money =amount_tax:money
    =amount_total:money =amount_residual:money =amount_untaxed_signed:money =amount_total_signed:money
    =amount_residual_signed:money reversed_entry_id:>account.move invoice_line_ids:<account.move.line.move_id
    message_main_attachment_id:>ir.attachment invoice_payment_term_id:>account.payment.term is_move_sent:bool
account.move.line: Journal Item, invoicing, invoicing
    move_id:>account.move! =company_id:>res.company display_type:sel=product|line_section|line_subsection|line_note!
    product_id:>product.product name:char quantity:float price_unit:float discount:float sequence:int
    =price_subtotal:money =price_total:money =parent_state:sel=draft|posted|cancel tax_ids:*account.tax
    currency_id:>res.currency =balance:money product_uom_id:>uom.uom sale_line_ids:*sale.order.line
    purchase_line_id:>purchase.order.line expense_id:>hr.expense analytic_distribution:json
account.tax: Tax, user, accounting
    name:char! amount:float! company_id:>res.company! active:bool
mail.message: Message, user, user
    model:char res_id:ref date:datetime body:html author_id:>res.partner message_type:sel=comment|notification!
    subtype_id:>mail.message.subtype partner_ids:*res.partner
ir.attachment: Attachment, user, user
    name:char! description:text res_model:char res_id:ref res_field:char company_id:>res.company public:bool
    type:sel=url|binary! url:char mimetype:char ~datas:binary =file_size:int =checksum:char
product.product: Product Variant, user, system
    ~name:char! active:bool default_code:char ~list_price:float product_tmpl_id:>product.template
ir.model: Models, rights, system
    name:char! model:char! state:sel=manual|base
ir.model.fields: Fields, rights, system
    name:char! model:char! model_id:>ir.model! field_description:char! ttype:sel! state:sel=manual|base! relation:char
    required:bool readonly:bool store:bool copied:bool index:bool help:text
ir.model.access: Model Access, rights, rights
    name:char! active:bool model_id:>ir.model! group_id:>res.groups perm_read:bool perm_write:bool perm_create:bool
    perm_unlink:bool
ir.model.data: Model Data, rights, system
    module:char! name:char! model:char! res_id:ref
base.automation: Automation Rule, system, system
    name:char! active:bool model_id:>ir.model! ~model_name:char filter_domain:char filter_pre_domain:char
    trigger:sel=on_create_or_write|on_write|on_create|on_unlink! description:html trigger_field_ids:*ir.model.fields
    action_server_ids:<ir.actions.server.base_automation_id
ir.actions.server: Server Action, system, system
    name:char! model_id:>ir.model! ~model_name:char state:sel=code|object_write|webhook! code:text@system sequence:int
    usage:sel base_automation_id:>base.automation webhook_url:char webhook_field_ids:*ir.model.fields
ir.ui.view: View, system, system
    name:char! model:char inherit_id:>ir.ui.view mode:sel=primary|extension! ~arch_base:text active:bool
ir.config_parameter: System Parameter, system, system
    key:char! value:text!
"""

DDL = """
CREATE TABLE IF NOT EXISTS record (
    model text NOT NULL, id bigint NOT NULL, create_uid bigint, create_date timestamp NOT NULL,
    write_uid bigint, write_date timestamp NOT NULL, data jsonb NOT NULL, PRIMARY KEY (model, id));
CREATE UNIQUE INDEX IF NOT EXISTS one_external_id ON record ((data->>'module'), (data->>'name'))
    WHERE model = 'ir.model.data';
CREATE UNIQUE INDEX IF NOT EXISTS one_number ON record ((data->>'company_id'), (data->>'name'))
    WHERE model = 'account.move' AND data->>'name' IS NOT NULL;
CREATE INDEX IF NOT EXISTS lines_of_move ON record (((data->>'move_id')::bigint)) WHERE model = 'account.move.line';
CREATE UNIQUE INDEX IF NOT EXISTS one_version_a_day
    ON record (((data->>'employee_id')::bigint), (data->>'date_version')) WHERE model = 'hr.version'
    AND (data->>'active')::boolean AND data->>'employee_id' IS NOT NULL;
CREATE INDEX IF NOT EXISTS timesheets_of_day ON record (((data->>'employee_id')::bigint), (data->>'date'))
    WHERE model = 'account.analytic.line';
CREATE INDEX IF NOT EXISTS written ON record (model, date_trunc('second', write_date));
CREATE INDEX IF NOT EXISTS attached ON record ((data->>'res_model'), ((data->>'res_id')::bigint))
    WHERE model = 'ir.attachment';
CREATE INDEX IF NOT EXISTS manual_structure ON record (model) WHERE data->>'state' = 'manual';
CREATE TABLE IF NOT EXISTS file (checksum text PRIMARY KEY, content bytea NOT NULL);
CREATE TABLE IF NOT EXISTS secret (digest text PRIMARY KEY, kind text NOT NULL, uid bigint NOT NULL);
"""


@dataclass(frozen=True)
class Field:
    name: str
    kind: str  # a key of TYPES
    relation: str = ""
    inverse: str = ""
    options: tuple[str, ...] = ()
    required: bool = False
    stored: bool = True
    computed: bool = False
    manual: bool = False
    group: str = ""  # who alone may read it
    label: str = ""

    @property
    def is_column(self) -> bool:
        return self.name in {"id", "create_uid", "create_date", "write_uid", "write_date"}


@dataclass(frozen=True)
class Model:
    label: str
    readers: str  # external ids of the groups that may read, and that may do everything
    writers: str
    fields: dict[str, Field]

    def get(self, name: str, model: str) -> Field:
        try:
            return self.fields[name]
        except KeyError:
            raise OdooError("value", f"Invalid field {name!r} on {model!r}") from None


def parse_fields(words: str) -> dict[str, Field]:
    """Fields by name, the ones that every model has first."""
    return {field.name: field for field in map(_field, f"{MAGIC} {words}".split())}


def _field(word: str) -> Field:
    name, kind = word.split(":", 1)
    kind, _, group = kind.partition("@")
    is_required, kind = kind.endswith("!"), kind.rstrip("!")
    options, relation, inverse = "", "", ""
    if kind[0] in ">*<":
        kind, relation = kind[0], kind[1:]
        relation, _, inverse = relation.rpartition(".") if kind == "<" else (relation, "", "")
    else:
        kind, _, options = kind.partition("=")
    return Field(
        name.lstrip("~="), kind, relation, inverse, tuple(filter(None, options.replace("+", " ").split("|"))),
        required=is_required, stored=not name.startswith("~"), computed=name.startswith("="),
        group=GROUPS.get(group, ""),
        label=name.lstrip("~=").removesuffix("_ids").removesuffix("_id").replace("_", " ").capitalize(),
    )  # fmt: skip


def _declared() -> dict[str, Model]:
    lines, found = (DECLARED.strip() + lifecycle.DECLARED).splitlines(), {}
    for number, line in enumerate(lines):
        if not line.startswith(" "):
            name, _, about = line.partition(": ")
            label, readers, writers = about.rsplit(", ", 2)
            words = " ".join(takewhile(lambda below: below.startswith(" "), lines[number + 1 :]))
            found[name] = Model(label, GROUPS[readers], GROUPS[writers], parse_fields(words))
    return found


MODELS = _declared()
# Where a record's company stands: records of other companies are out of sight. A user is not one company's, and an
# attachment is seen with the record that it is on.
COMPANY_FIELD = {"res.company": "id"} | {
    name: "company_id"
    for name, model in MODELS.items()
    if "company_id" in model.fields and name not in ("res.users", "ir.attachment")
}
