"""Invoices and credit notes, of clients and of vendors, with their lines."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from .base import MirrorModel, ids, json, link, number, text

# What the firm asks for or gives back, without what vendors ask of it: Invoice.objects.filter(OF_CLIENTS)
OF_CLIENTS = models.Q(move_type__in=["out_invoice", "out_refund"])


class Invoice(MirrorModel):
    name = text()  # NULL while draft
    ref = text()
    move_type = text()  # out_invoice, out_refund; of vendors in_invoice, in_refund
    odoo_state = text()  # draft, posted, cancel
    payment_state = text()  # not_paid, in_payment, paid, partial, reversed, blocked
    company_id = link()
    partner_id = link()
    commercial_partner_id = link()
    currency_id = link()
    invoice_user_id = link()
    create_uid = link()
    write_uid = link()
    invoice_date = models.DateField(null=True)
    invoice_date_due = models.DateField(null=True)
    date = models.DateField(null=True)  # accounting date
    invoice_origin = text()
    payment_reference = text()
    invoice_payment_term_id = link()
    is_move_sent = models.BooleanField(null=True)
    amount_untaxed = number()  # in currency_id, as the next three
    amount_tax = number()
    amount_total = number()
    amount_residual = number()
    amount_untaxed_signed = number()  # in the company's currency; what the firm pays is negative
    amount_total_signed = number()
    amount_residual_signed = number()
    invoice_currency_rate = number()  # units of currency_id per unit of the company's
    reversed_entry_id = link()
    x_cockpit_release = text()  # NULL also where the guard has not been made
    x_cockpit_emergency = text()
    x_cockpit_emergency_by = text()  # ids of Odoo's users, with commas between

    class Meta(MirrorModel.Meta):
        indexes = [
            models.Index(fields=["odoo_state", "odoo_id"], name="mirror_invoice_state"),
            models.Index(fields=["partner_id"], name="mirror_invoice_partner"),
        ]


class InvoiceLine(MirrorModel):
    move_id = link()
    company_id = link()
    display_type = text()  # product, line_section, line_subsection, line_note
    product_id = link()
    name = text()
    quantity = number()
    price_unit = number()
    discount = number()  # per cent
    price_subtotal = number()
    price_total = number()
    balance = number()  # in the company's currency, without tax; what the firm earns is negative
    sequence = models.IntegerField()
    product_uom_id = link()
    sale_line_ids: ArrayField = ids()
    purchase_line_id = link()
    expense_id = link()
    analytic_distribution = json()  # {"id of an account, or several with commas": per cent}

    class Meta(MirrorModel.Meta):
        indexes = [
            models.Index(fields=["move_id", "sequence", "odoo_id"], name="mirror_line_of_move"),
            models.Index(fields=["purchase_line_id"], name="mirror_line_purchase"),
            GinIndex(fields=["sale_line_ids"], name="mirror_line_sale_lines"),
        ]
