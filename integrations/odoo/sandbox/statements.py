"""The firm's past as statements: which days are worked, the lines of those days, the invoices of those lines.

`pg_temp.chance(text)` is a number from 0 to 1 that is always the same for the same words.
"""

CHANCE = """
CREATE OR REPLACE FUNCTION pg_temp.chance(text) RETURNS double precision LANGUAGE sql IMMUTABLE
AS $$ SELECT ('x' || left(md5($1), 8))::bit(32)::bigint / 4294967296::float8 $$"""

WORKDAYS = """
WITH week AS (
    SELECT (data->>'calendar_id')::bigint AS calendar, (data->>'dayofweek')::int AS weekday,
        sum((data->>'hour_to')::numeric - (data->>'hour_from')::numeric) AS hours
    FROM record WHERE model = 'resource.calendar.attendance' AND data->>'day_period' <> 'lunch' GROUP BY 1, 2),
version AS (
    SELECT (data->>'employee_id')::bigint AS person, (data->>'company_id')::bigint AS company,
        (data->>'date_version')::date AS first, lead((data->>'date_version')::date) OVER (
            PARTITION BY data->>'employee_id' ORDER BY data->>'date_version') AS next,
        least((data->>'departure_date')::date, (data->>'contract_date_end')::date) AS last,
        (data->>'resource_calendar_id')::bigint AS calendar
    FROM record WHERE model = 'hr.version' AND (data->>'active')::boolean AND data->>'employee_id' IS NOT NULL),
holiday AS (
    SELECT (l.data->>'company_id')::bigint AS company, generate_series(
        ((l.data->>'date_from')::timestamp AT TIME ZONE 'UTC' AT TIME ZONE (k.data->>'tz'))::date,
        ((l.data->>'date_to')::timestamp AT TIME ZONE 'UTC' AT TIME ZONE (k.data->>'tz') - interval '1 s')::date,
        '1 day')::date AS day
    FROM record l
    JOIN record c ON c.model = 'res.company' AND c.id = (l.data->>'company_id')::bigint
    JOIN record k ON k.model = 'resource.calendar' AND k.id = (c.data->>'resource_calendar_id')::bigint
    WHERE l.model = 'resource.calendar.leaves' AND l.data->>'resource_id' IS NULL),
away AS (
    SELECT (data->>'employee_id')::bigint AS person, generate_series((data->>'request_date_from')::date,
        (data->>'request_date_to')::date, '1 day')::date AS day
    FROM record WHERE model = 'hr.leave' AND data->>'state' = 'validate')
SELECT v.person, v.company, d::date AS day, w.hours
FROM version v
JOIN generate_series(%(first)s::date, %(last)s::date, '1 day') d
    ON d >= v.first AND (v.next IS NULL OR d < v.next) AND (v.last IS NULL OR d <= v.last)
JOIN week w ON w.calendar = v.calendar AND w.weekday = extract(isodow FROM d) - 1
WHERE (%(people)s::bigint[] IS NULL OR v.person = ANY(%(people)s))
    AND NOT EXISTS (SELECT FROM holiday h WHERE h.company = v.company AND h.day = d)
    AND NOT EXISTS (SELECT FROM away a WHERE a.person = v.person AND a.day = d)"""

LINES = """
WITH project AS (
    SELECT (data->>'company_id')::bigint AS company,
        array_agg(id ORDER BY id) FILTER (WHERE (data->>'allow_billable')::boolean) AS billable,
        min(id) FILTER (WHERE NOT (data->>'allow_billable')::boolean) AS internal
    FROM record WHERE model = 'project.project' GROUP BY 1),
person AS (
    SELECT e.id, s.share, (e.data->>'hourly_cost')::numeric AS cost, (e.data->>'user_id')::bigint AS uid,
        (e.data->>'department_id')::bigint AS department, (c.data->>'currency_id')::bigint AS currency
    FROM unnest(%(people)s::bigint[], %(shares)s::float8[]) s (id, share)
    JOIN record e ON e.model = 'hr.employee' AND e.id = s.id
    JOIN record c ON c.model = 'res.company' AND c.id = (e.data->>'company_id')::bigint),
day AS MATERIALIZED (
    SELECT w.person, w.company, w.day, p.share, p.cost, p.uid, p.department, p.currency, w.hours
        + CASE WHEN r.extra < 0.1 THEN 1 WHEN r.extra < 0.2 THEN 0.5 ELSE 0 END AS total,
        CASE WHEN p.share = 0 THEN 0 ELSE round(2 * w.hours::numeric * greatest(0, least(1, p.share
            + 0.22 * (pg_temp.chance(w.person || '/' || to_char(w.day, 'YYYY-MM')) - 0.5)
            + 0.16 * (pg_temp.chance('orders/' || w.company || to_char(w.day, 'YYYY-MM')) - 0.5)
            + 0.3 * (r.mood - 0.5)))::numeric) / 2 END AS billable,
        %(lines)s - CASE WHEN r.split < 0.55 AND %(lines)s < 3 THEN 1 ELSE 0 END AS parts
    FROM worked w JOIN person p ON p.id = w.person
    CROSS JOIN LATERAL (SELECT pg_temp.chance(w.person || '/' || w.day || '/extra') AS extra,
        pg_temp.chance(w.person || '/' || w.day || '/mood') AS mood,
        pg_temp.chance(w.person || '/' || w.day || '/split') AS split OFFSET 0) r
    ORDER BY w.day, w.person),
line AS (
    SELECT d.*, part, CASE WHEN part = 0 THEN d.total - d.billable
        WHEN part < d.parts THEN trunc(2 * d.billable / d.parts) / 2
        ELSE d.billable - (d.parts - 1) * trunc(2 * d.billable / d.parts) / 2 END AS hours
    FROM day d, generate_series(0, d.parts) part)
INSERT INTO record (model, id, create_uid, create_date, write_uid, write_date, data)
SELECT 'account.analytic.line', nextval('"id_account.analytic.line"'), coalesce(l.uid, 1), at, coalesce(l.uid, 1), at,
    jsonb_build_object(
        'name', (%(work)s::text[])[1 + trunc(%(texts)s * pg_temp.chance(l.person || '/' || l.day || '/' || part))::int],
        'date', l.day::text, 'unit_amount', l.hours, 'amount', round(-l.hours * l.cost, 2), 'category', 'other',
        'employee_id', l.person, 'user_id', l.uid, 'department_id', l.department, 'company_id', l.company,
        'currency_id', l.currency, 'project_id', chosen.project, 'timesheet_invoice_id', b.id,
        'task_id', e.task, 'so_line', e.line, 'order_id', e.sold,
        'timesheet_invoice_type', CASE WHEN part = 0 THEN 'non_billable' ELSE 'billable_time' END)
FROM line l JOIN project p ON p.company = l.company
CROSS JOIN LATERAL (SELECT CASE WHEN part = 0 THEN p.internal ELSE p.billable[1 + trunc(cardinality(p.billable)
    * pg_temp.chance(l.person || '/' || part || to_char(l.day, 'YYYY-MM')))::int] END AS project OFFSET 0) chosen
LEFT JOIN engaged e ON e.project = chosen.project
LEFT JOIN billing b ON b.project = chosen.project AND b.month = to_char(l.day, 'YYYY-MM')
CROSS JOIN LATERAL (SELECT l.day + interval '15 h' + trunc(10000 * pg_temp.chance(l.person || '/' || l.day::text))
    * interval '1 s' AS at) t
WHERE l.hours > 0"""

INVOICED = """
WITH billed AS (
    SELECT (data->>'project_id')::bigint AS project, left(data->>'date', 7) AS month,
        sum((data->>'unit_amount')::numeric) AS hours
    FROM record WHERE model = 'account.analytic.line' AND data->>'timesheet_invoice_type' = 'billable_time'
        AND data->>'date' < %(until)s GROUP BY 1, 2),
invoice AS (
    SELECT b.*, p.data->>'name' AS ref, (p.data->>'partner_id')::bigint AS partner, (p.data->>'user_id')::bigint AS uid,
        (p.data->>'company_id')::bigint AS company, (c.data->>'currency_id')::bigint AS currency,
        120 + 5 * trunc(15 * pg_temp.chance(b.project || '/rate'))::int AS rate,
        ((b.month || '-01')::date + interval '1 month')::date
            + (1 + 6 * pg_temp.chance(b.project || '/' || b.month))::int AS day,
        CASE WHEN c.id = %(taxed)s THEN 0.19 ELSE 0 END AS tax
    FROM billed b JOIN record p ON p.model = 'project.project' AND p.id = b.project
    JOIN record c ON c.model = 'res.company' AND c.id = (p.data->>'company_id')::bigint),
amount AS (
    SELECT *, round(hours * rate, 2) AS net, round(round(hours * rate, 2) * tax, 2) AS taxes,
        day + (18 + 34 * pg_temp.chance(project || '/' || month || '/paid'))::int AS paid_on FROM invoice),
numbered AS (
    SELECT *, net + taxes AS gross,
        paid_on < %(today)s::date AND pg_temp.chance(project || '/' || month || '/late') > 0.03 AS paid,
        'INV/' || to_char(day, 'YYYY') || '/' || to_char(row_number() OVER (
            PARTITION BY company, to_char(day, 'YYYY') ORDER BY day, project), 'FM00000') AS name
    FROM amount JOIN billing USING (project, month)),
line AS (
    INSERT INTO record (model, id, create_uid, create_date, write_uid, write_date, data)
    SELECT 'account.move.line', nextval('"id_account.move.line"'), uid, day + time '09:00', uid, day + time '09:00',
        jsonb_build_object('move_id', id, 'company_id', company, 'currency_id', currency, 'display_type', 'product',
            'product_id', %(product)s::bigint, 'balance', -net,
            'sale_line_ids', coalesce(
                (SELECT jsonb_build_array(e.line) FROM engaged e WHERE e.project = n.project), '[]'),
            'name', 'Time and material, ' || to_char((month || '-01')::date, 'FMMonth YYYY'),
            'quantity', hours, 'price_unit', rate, 'discount', 0, 'sequence', 10, 'price_subtotal', net,
            'price_total', gross, 'parent_state', 'posted',
            'tax_ids', CASE WHEN tax > 0 THEN jsonb_build_array(%(tax)s::bigint) ELSE '[]' END)
    FROM numbered n)
INSERT INTO record (model, id, create_uid, create_date, write_uid, write_date, data)
SELECT 'account.move', id, uid, day + time '09:00', uid, CASE WHEN paid THEN paid_on ELSE day END + time '09:00',
    jsonb_build_object('name', name, 'move_type', 'out_invoice', 'state', 'posted', 'company_id', company, 'ref', ref,
        'partner_id', partner, 'commercial_partner_id', partner, 'currency_id', currency, 'invoice_user_id', uid,
        'invoice_origin', coalesce((SELECT o.data->>'name' FROM engaged e JOIN record o
            ON o.model = 'sale.order' AND o.id = e.sold WHERE e.project = numbered.project),
            'S' || to_char(project, 'FM00000')), 'invoice_date', day::text, 'date', day::text,
        'invoice_date_due', (day + 30)::text, 'invoice_currency_rate', 1,
        'payment_state', CASE WHEN paid THEN 'paid' ELSE 'not_paid' END,
        'amount_untaxed', net, 'amount_tax', taxes, 'amount_total', gross, 'amount_untaxed_signed', net,
        'amount_total_signed', gross, 'amount_residual', CASE WHEN paid THEN 0 ELSE gross END,
        'amount_residual_signed', CASE WHEN paid THEN 0 ELSE gross END)
FROM numbered"""

BILLING = """
CREATE TEMP TABLE billing ON COMMIT DROP AS
SELECT p.id AS project, to_char(m, 'YYYY-MM') AS month, nextval('"id_account.move"') AS id
FROM record p CROSS JOIN generate_series(%(first)s::date, %(until)s::date - 1, '1 month') m
WHERE p.model = 'project.project' AND (p.data->>'allow_billable')::boolean"""
ENGAGED = """
CREATE TEMP TABLE engaged ON COMMIT DROP AS
SELECT DISTINCT ON (1) (data->>'project_id')::bigint AS project, (data->>'sale_line_id')::bigint AS line,
    (data->>'sale_order_id')::bigint AS sold, id AS task
FROM record WHERE model = 'project.task' AND data->>'sale_line_id' IS NOT NULL ORDER BY 1, id"""
DELIVERED = """
WITH spent AS (
    SELECT e.line, e.task, sum((t.data->>'unit_amount')::numeric) AS hours FROM engaged e
    JOIN record t ON t.model = 'account.analytic.line' AND (t.data->>'task_id')::bigint = e.task GROUP BY 1, 2),
delivered AS (
    UPDATE record SET data = data || jsonb_build_object('qty_delivered', s.hours)
    FROM spent s WHERE model = 'sale.order.line' AND id = s.line)
UPDATE record SET data = data || jsonb_build_object('effective_hours', s.hours, 'total_hours_spent', s.hours,
    'remaining_hours', coalesce((data->>'allocated_hours')::numeric, 0) - s.hours,
    'overtime', greatest(0, s.hours - coalesce((data->>'allocated_hours')::numeric, 0)))
FROM spent s WHERE model = 'project.task' AND id = s.task"""
FORGOTTEN = """
DELETE FROM worked w USING unnest(%(absent)s::bigint[], %(days)s::date[]) m (person, day)
WHERE m.person = w.person AND m.day = w.day"""
