from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Every form in our look: `{{ form }}` is a summary of what is wrong, then label, hint, error and field."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
