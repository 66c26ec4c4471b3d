import structlog


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
