"""The Python SDK as it comes from PyPI, driven against ingest: prints one JSON object of outcomes.

Arguments: host:port, token, user and secret of a service account, its project, ms since 1970.
"""
import json
import sys

import mixpanel

host, token, user, secret, project, now = sys.argv[1:]
now = int(now) / 1000


def outcome(call):
    try:
        call()
        return "ok"
    except mixpanel.MixpanelException as error:
        return str(error)


def consumer(**options):
    return mixpanel.Consumer(api_host=host, retry_limit=0, **options)


plain = mixpanel.Mixpanel(token, consumer=consumer())
account = mixpanel.ServiceAccountCredentials(user, secret, project)
importer = mixpanel.Mixpanel(token, consumer=consumer(credentials=account))
buffered = mixpanel.BufferedConsumer(api_host=host, retry_limit=0)
batch = mixpanel.Mixpanel(token, consumer=buffered)


def track_buffered():
    for index in range(120):
        batch.track("user-%d" % (index % 7), "Buffered", {"index": index})
    buffered.flush()


print(
    json.dumps(
        {
            "track": outcome(lambda: plain.track("user-1", "Tracked", {"text": "\u00fcn\u00ef \u4f60 +/=&%", "price": 9.5})),
            "track_old": outcome(lambda: plain.track("user-1", "Old", {"time": now - 6 * 86400})),
            "import_secret": outcome(
                lambda: plain.import_data(None, "user-2", "Imported", int(now) - 400 * 86400, {"a": 1}, api_secret=token)
            ),
            "import_account": outcome(lambda: importer.import_data(None, "user-3", "Imported", int(now) - 86400, {"a": 2})),
            "import_without": outcome(lambda: plain.import_data("key", "user-4", "Imported", int(now))),
            "buffered": outcome(track_buffered),
            "people": outcome(lambda: plain.people_set("user-1", {"plan": "pro"})),
        }
    )
)
