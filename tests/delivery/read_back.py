"""Prints every trace of an experiment as MLflow's own client reads it: a JSON list of `Trace.to_json`, oldest first."""

import json
import sys

import mlflow

uri, experiment = sys.argv[1:]
mlflow.set_tracking_uri(uri)
found = mlflow.get_experiment_by_name(experiment)
traces, token = [], None
client = mlflow.MlflowClient()
while found is not None:
    page = client.search_traces(
        locations=[found.experiment_id], order_by=["timestamp_ms ASC"], max_results=100, page_token=token
    )
    traces += [json.loads(trace.to_json()) for trace in page]
    token = page.token
    if not token or not page:
        break
json.dump(traces, sys.stdout)
