"""How the comparison judges its rows, and writes them down."""

import io
import json
import pathlib
import sys
import unittest

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "benchmarks" / "compare"))

import charts  # noqa: E402
import main  # noqa: E402
import measuring  # noqa: E402
import table  # noqa: E402
from rows import Row  # noqa: E402


class RowTest(unittest.TestCase):
    def test_at_least_is_reached_at_the_aim_and_not_below(self):
        self.assertTrue(Row("w", "a", "b", 0.75, aim=0.75).reached())
        self.assertFalse(Row("w", "a", "b", 0.74, aim=0.75).reached())

    def test_at_most_is_reached_at_the_aim_and_not_above(self):
        self.assertTrue(Row("w", "a", "b", 1.0, aim=1, at_most=True).reached())
        self.assertFalse(Row("w", "a", "b", 1.01, aim=1, at_most=True).reached())

    def test_a_row_without_an_aim_is_not_judged(self):
        self.assertIsNone(Row("w", "a", "b", 9.0).reached())


class MeasuringTest(unittest.TestCase):
    def test_runs_alternate(self):
        order = []
        plan = measuring.Plan(runs=3, seconds=1, warmup=0, orgs=1, sweep_seconds=1, full=False)
        ours, theirs = measuring.alternate(plan, lambda: order.append("a") or len(order),
                                           lambda: order.append("b") or len(order))
        self.assertEqual(order, list("ababab"))
        self.assertEqual((ours, theirs), ([1, 3, 5], [2, 4, 6]))

    def test_the_median_is_of_the_runs_rates(self):
        results = [{"operations_per_second": rate} for rate in (5, 100, 7)]
        self.assertEqual(measuring.median(results), 7)

    def test_the_best_setting_is_the_fastest(self):
        self.assertEqual(measuring.best_of([4, 16, 64], lambda setting: -abs(setting - 16)), 16)

    def test_a_server_that_becomes_slower_does_not_favour_the_first_setting(self):
        rates = {4: 100, 16: 110, 64: 105}
        slower = iter(range(0, 1000, 20))
        self.assertEqual(measuring.best_of([4, 16, 64],
                                           lambda setting: rates[setting] - next(slower)), 16)

    def test_the_full_plan_has_at_least_five_runs(self):
        self.assertGreaterEqual(measuring.FULL.runs, 5)


class TableTest(unittest.TestCase):
    ROWS = [Row("first", "10 op/s", "5 op/s", 2.0, aim=3, notes=["a note", ""]),
            Row("second", "1 ms", "2 ms", 0.5, aim=1, at_most=True)]

    def test_every_row_has_its_ratio_its_aim_and_whether_it_is_reached(self):
        out = io.StringIO()
        table.print_table(self.ROWS, out)
        lines = out.getvalue().splitlines()
        self.assertRegex(lines[2], r"^first +10 op/s +5 op/s +2.00 +at least 3 +NO$")
        self.assertRegex(lines[3], r"^second +1 ms +2 ms +0.50 +at most 1 +yes$")
        self.assertIn("  a note", lines)

    def test_a_document_says_why_a_row_is_missing_without_the_command_and_its_paths(self):
        text = table.markdown(self.ROWS, {"third": "/a/machine/s/path --port 1\nfailed: void"})
        self.assertIn("* not measured: third: failed: void", text)
        self.assertNotIn("/a/machine", text)

    def test_json_has_the_runs(self):
        rows = [Row("w", "a", "b", 1.0, runs={"quotad": [{"operations": 3}]})]
        told = json.loads(table.as_json(rows, {"cores": 2}, {}))
        self.assertEqual(told["rows"][0]["runs"]["quotad"][0]["operations"], 3)
        self.assertIsNone(told["rows"][0]["reached"])

    def test_a_section_is_replaced_and_the_rest_is_kept(self):
        document = "before\n<!-- begin table -->\nold\n<!-- end table -->\nafter\n"
        self.assertEqual(table.replace_section(document, "table", "new \\1"),
                         "before\n<!-- begin table -->\nnew \\1\n<!-- end table -->\nafter\n")

    def test_a_missing_section_is_an_error(self):
        with self.assertRaises(ValueError):
            table.replace_section("nothing", "table", "new")

    def test_the_document_has_every_section_that_is_written(self):
        text = (PROJECT / "docs" / "performance.md").read_text()
        for name in ["table"] + [f"chart {chart}" for chart in charts.CHARTS]:
            table.replace_section(text, name, "new")

    def test_smoke_rows_are_rows(self):
        self.assertLessEqual(set(main.SMOKE_ROWS), set(main.ROWS))


if __name__ == "__main__":
    unittest.main()
