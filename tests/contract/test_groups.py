"""Who is in which of Odoo's groups: what roles are proposed from."""

from delivery.setup.looking import GROUPS, members_of_groups


class TestMembersOfGroups:
    def test_are_the_users_in_it_by_whatever_group_implies_it(self, odoo):
        found = members_of_groups(odoo.client)
        assert odoo.user_id("ann") in found["account.group_account_invoice"]
        assert odoo.user_id("eve") not in found["account.group_account_invoice"]
        admin = odoo.admin.search_read("res.users", [("login", "=", odoo.login("admin"))], ["id"])[0]["id"]
        assert admin in found["account.group_account_invoice"]  # an accountant, and so one who bills

    def test_leave_out_a_group_that_this_odoo_lacks(self, odoo, monkeypatch):
        monkeypatch.setitem(GROUPS, "helpdesk.group_helpdesk_manager", "pmo")
        assert "helpdesk.group_helpdesk_manager" not in members_of_groups(odoo.client)

    def test_are_looked_up_for_each_group_that_is_there(self, odoo):
        found = set(members_of_groups(odoo.client))
        assert {"account.group_account_invoice", "project.group_project_manager"} <= found <= set(GROUPS)
