"""What people can do, how well, and since when; what they were hired for."""

from django.db import models

from .base import MirrorModel, link, text


class SkillType(MirrorModel):
    name = text()
    active = models.BooleanField()


class SkillLevel(MirrorModel):
    name = text()
    skill_type_id = link()
    level_progress = models.IntegerField()  # 0 to 100


class Skill(MirrorModel):
    name = text()
    skill_type_id = link()


class EmployeeSkill(MirrorModel):
    """A level that changes ends one row and begins another."""

    employee_id = link()
    skill_id = link()
    skill_level_id = link()
    skill_type_id = link()
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    class Meta(MirrorModel.Meta):
        indexes = [models.Index(fields=["employee_id"], name="mirror_skill_of_employee")]


class Job(MirrorModel):
    name = text()
    active = models.BooleanField()
    company_id = link()
    department_id = link()
