"""Reads an exposition on stdin with Prometheus' own parser for the format that is named, and
prints what it found as JSON."""

import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as text

parser = {"openmetrics": openmetrics, "text": text}[sys.argv[1]]
page = sys.stdin.buffer.read().decode()
families = {}
for family in parser(page):
    assert family.name not in families, f"{family.name} comes twice"
    samples = [
        {
            "name": sample.name,
            "labels": sample.labels,
            "value": repr(sample.value),
            "exemplar": sample.exemplar and sample.exemplar.labels,
        }
        for sample in family.samples
    ]
    assert samples, f"{family.name} has no samples"
    keys = [(s["name"], tuple(sorted(s["labels"].items()))) for s in samples]
    assert len(keys) == len(set(keys)), f"{family.name} has a series twice"
    families[family.name] = {
        "type": family.type,
        "unit": family.unit,
        "help": family.documentation,
        "samples": samples,
    }
json.dump(families, sys.stdout)
