import structlog

SECRET = "5e" * 32


class TestTheLog:
    def test_shows_where_something_broke_but_no_local_variable(self, capsys):
        def call_with(key: str) -> None:
            headers = {"Authorization": f"Bearer {key}"}
            raise RuntimeError(f"with {len(headers)} header")

        try:
            call_with("s3cret")
        except RuntimeError as problem:
            structlog.get_logger("tests").exception("odoo.broke", exc_info=problem)
        written = "".join(capsys.readouterr())
        assert "with 1 header" in written
        assert "in call_with" in written
        assert "s3cret" not in written.replace('call_with("s3cret")', "")

    def test_stays_out_of_the_answer_of_a_command(self, capsys):
        structlog.get_logger("tests").info("nudge_failed")
        answer, log = capsys.readouterr()
        assert answer == ""
        assert "nudge_failed" in log

    def test_shows_no_secret_of_an_address(self, client, db, capsys, caplog):
        assert client.get(f"/hints/odoo/{SECRET}/").status_code == 404
        written = "".join(capsys.readouterr()) + caplog.text
        assert "request_finished" in written
        assert "Not Found: /hints/odoo/…/" in written
        assert SECRET not in written
