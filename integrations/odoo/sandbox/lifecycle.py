"""The models between a lead and what it costs: declared as in `schema.py`, without rules of their own unless
`orders.py` has some.
"""

DECLARED = """
hr.job: Job Position, user, hr
    name:char! active:bool company_id:>res.company department_id:>hr.department
hr.skill.type: Skill Type, user, hr
    name:char! active:bool sequence:int
hr.skill.level: Skill Level, user, hr
    name:char! skill_type_id:>hr.skill.type level_progress:int
hr.skill: Skill, user, hr
    name:char! skill_type_id:>hr.skill.type! sequence:int
hr.employee.skill: Skill level for employee, user, hr
    employee_id:>hr.employee! skill_id:>hr.skill! skill_level_id:>hr.skill.level! skill_type_id:>hr.skill.type!
    valid_from:date valid_to:date
account.payment.term: Payment Terms, user, accounting
    name:char! active:bool company_id:>res.company
product.category: Product Category, user, system
    name:char! =complete_name:char parent_id:>product.category
product.tag: Product Tag, user, system
    name:char! sequence:int
uom.uom: Product Unit of Measure, user, system
    name:char! active:bool
product.template: Product, user, system
    name:char! active:bool default_code:char type:sel=consu|service|combo! categ_id:>product.category
    product_tag_ids:*product.tag company_id:>res.company uom_id:>uom.uom! list_price:float sale_ok:bool purchase_ok:bool
    can_be_expensed:bool invoice_policy:sel=order|delivery service_type:sel=manual|milestones|timesheet
    service_tracking:sel=no|task_global_project|task_in_project|project_only project_id:>project.project
    project_template_id:>project.project
crm.stage: CRM Stages, user, sales
    name:char! sequence:int is_won:bool fold:bool
crm.lost.reason: Opp. Lost Reason, sales, sales
    name:char! active:bool
crm.tag: CRM Tag, sales, sales
    name:char! color:int
crm.team: Sales Team, user, sales
    name:char! active:bool company_id:>res.company user_id:>res.users
crm.lead: Lead, sales, sales
    name:char! type:sel=lead|opportunity! active:bool stage_id:>crm.stage =won_status:sel=won|lost|pending
    lost_reason_id:>crm.lost.reason probability:float expected_revenue:money =prorated_revenue:money
    recurring_revenue:money partner_id:>res.partner user_id:>res.users team_id:>crm.team company_id:>res.company
    tag_ids:*crm.tag priority:sel=0|1|2|3 date_open:datetime =date_closed:datetime date_deadline:date
    date_last_stage_update:datetime
sale.order: Sales Order, sales, sales
    =name:char state:sel=draft|sent|sale|cancel locked:bool =invoice_status:sel=upselling|invoiced|to+invoice|no
    company_id:>res.company! partner_id:>res.partner! partner_invoice_id:>res.partner currency_id:>res.currency
    =currency_rate:float =amount_untaxed:money =amount_tax:money =amount_total:money =margin:money =margin_percent:float
    date_order:datetime! validity_date:date commitment_date:datetime signed_on:datetime client_order_ref:char
    origin:char opportunity_id:>crm.lead project_id:>project.project payment_term_id:>account.payment.term
    user_id:>res.users team_id:>crm.team tag_ids:*crm.tag order_line:<sale.order.line.order_id
sale.order.line: Sales Order Line, sales, sales
    order_id:>sale.order! =state:sel=draft|sent|sale|cancel =company_id:>res.company
    display_type:sel=line_section|line_subsection|line_note sequence:int name:text! product_id:>product.product
    product_uom_id:>uom.uom product_uom_qty:float price_unit:float discount:float =price_subtotal:money
    =price_total:money =currency_id:>res.currency tax_ids:*account.tax purchase_price:float =margin:float
    qty_delivered:float =qty_delivered_method:sel=manual|analytic|milestones|timesheet =qty_invoiced:float
    =qty_to_invoice:float =invoice_status:sel=upselling|invoiced|to+invoice|no =untaxed_amount_invoiced:money
    =untaxed_amount_to_invoice:money =remaining_hours:float project_id:>project.project task_id:>project.task
    is_downpayment:bool is_expense:bool analytic_distribution:json =salesman_id:>res.users
account.analytic.account: Analytic Account, user, accounting
    name:char! code:char active:bool company_id:>res.company partner_id:>res.partner plan_id:>account.analytic.plan
project.project.stage: Project Stage, user, projects
    name:char! active:bool sequence:int fold:bool company_id:>res.company
project.tags: Project Tags, user, projects
    name:char! color:int
project.task.type: Task Stage, user, projects
    name:char! active:bool sequence:int fold:bool user_id:>res.users
project.milestone: Project Milestone, user, projects
    name:char! project_id:>project.project! sequence:int deadline:date is_reached:bool reached_date:date
    sale_line_id:>sale.order.line quantity_percentage:float
project.task: Task, user, projects
    name:char! active:bool is_template:bool stage_id:>project.task.type project_id:>project.project
    state:sel=01_in_progress|02_changes_requested|03_approved|1_done|1_canceled|04_waiting_normal
    parent_id:>project.task depend_on_ids:*project.task milestone_id:>project.milestone company_id:>res.company
    partner_id:>res.partner user_ids:*res.users tag_ids:*project.tags priority:sel=0|1|2|3 allocated_hours:float
    =effective_hours:float =subtask_effective_hours:float =total_hours_spent:float =remaining_hours:float
    =overtime:float =progress:float date_deadline:datetime date_assign:datetime date_end:datetime
    date_last_stage_update:datetime sale_line_id:>sale.order.line =sale_order_id:>sale.order
project.update: Project Update, user, projects
    name:char! project_id:>project.project! status:sel=on_track|at_risk|off_track|on_hold|done! progress:int date:date
    user_id:>res.users task_count:int closed_task_count:int
project.sale.line.employee.map: Project Sales line, employee mapping, user, projects
    project_id:>project.project! employee_id:>hr.employee! sale_line_id:>sale.order.line price_unit:float
    currency_id:>res.currency
hr.expense: Expense, user, expenses
    name:char! state:sel=draft|submitted|approved|posted|in_payment|paid|refused
    =approval_state:sel=submitted|approved|refused employee_id:>hr.employee! manager_id:>res.users
    department_id:>hr.department company_id:>res.company! date:date product_id:>product.product quantity:float
    total_amount_currency:money tax_amount_currency:money currency_id:>res.currency! total_amount:money tax_amount:money
    payment_mode:sel=own_account|company_account account_move_id:>account.move analytic_distribution:json
    sale_order_id:>sale.order sale_order_line_id:>sale.order.line
purchase.order: Purchase Order, purchases, purchases
    =name:char state:sel=draft|sent|to+approve|purchase|cancel company_id:>res.company! partner_id:>res.partner!
    partner_ref:char origin:char currency_id:>res.currency! =currency_rate:float =amount_untaxed:money =amount_tax:money
    =amount_total:money =amount_total_cc:money date_order:datetime! date_approve:datetime date_planned:datetime
    user_id:>res.users project_id:>project.project =invoice_status:sel=no|to+invoice|invoiced
    order_line:<purchase.order.line.order_id
purchase.order.line: Purchase Order Line, purchases, purchases
    order_id:>purchase.order! =company_id:>res.company =partner_id:>res.partner
    display_type:sel=line_section|line_subsection|line_note sequence:int name:text! product_id:>product.product
    product_qty:float product_uom_id:>uom.uom qty_received:float =qty_invoiced:float =qty_to_invoice:float
    price_unit:float! discount:float =price_subtotal:money =price_total:money date_planned:datetime
    analytic_distribution:json sale_line_id:>sale.order.line
helpdesk.ticket.stage: Helpdesk Ticket Stage, user, tickets
    name:char! active:bool sequence:int closed:bool unattended:bool
helpdesk.ticket.team: Helpdesk Ticket Team, user, tickets
    name:char! active:bool company_id:>res.company user_id:>res.users
helpdesk.ticket.category: Helpdesk Ticket Category, user, tickets
    name:char! active:bool
helpdesk.ticket: Helpdesk Ticket, tickets, tickets
    =number:char name:char! description:html! active:bool stage_id:>helpdesk.ticket.stage
    team_id:>helpdesk.ticket.team user_id:>res.users partner_id:>res.partner =commercial_partner_id:>res.partner
    company_id:>res.company! priority:sel=0|1|2|3 category_id:>helpdesk.ticket.category tag_ids:*helpdesk.ticket.tag
    kanban_state:sel=normal|done|blocked assigned_date:datetime closed_date:datetime last_stage_update:datetime
    project_id:>project.project task_id:>project.task milestone_id:>project.milestone sale_order_ids:*sale.order
mail.activity.type: Activity Type, user, system
    name:char! active:bool category:sel=default|upload_file|phonecall|meeting
mail.activity: Activity, user, user
    res_model:char res_model_id:>ir.model res_id:ref activity_type_id:>mail.activity.type user_id:>res.users
    summary:char date_deadline:date!
    date_done:date active:bool
"""
