"""Customer invoices and credit notes with their lines."""

from django.db import models

from .base import MirrorModel, link, number, text


class Invoice(MirrorModel):
    name = text()  # NULL while draft
    ref = text()
    move_type = text()  # out_invoice, out_refund
    odoo_state = text()  # draft, posted, cancel
    payment_state = text()
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
    amount_untaxed = number()  # in currency_id, as the next three
    amount_tax = number()
    amount_total = number()
    amount_residual = number()
    amount_untaxed_signed = number()  # in the company's currency; a credit note is negative
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
    sequence = models.IntegerField()

    class Meta(MirrorModel.Meta):
        indexes = [models.Index(fields=["move_id", "sequence", "odoo_id"], name="mirror_line_of_move")]
