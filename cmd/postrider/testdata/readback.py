"""Reads what the demo made with programs that are not ours, and prints it as JSON.

    readback.py feed FILE      RSS or Atom by feedparser, JSON Feed by json
    readback.py maildir DIR    mails by mailbox and email
"""

import calendar
import datetime
import email
import email.policy
import json
import mailbox
import sys


def seconds(parsed):
    return calendar.timegm(parsed) if parsed else 0


def xml_feed(path):
    import feedparser

    # What readers do to markup is their affair; here it has to come out as it went in.
    doc = feedparser.parse(path, sanitize_html=False, resolve_relative_uris=False)
    if doc.bozo:
        raise SystemExit(f"{path}: {doc.bozo_exception}")
    return {
        "title": doc.feed.title,
        "language": doc.feed.language,
        "items": [
            {
                "id": e.id,
                "link": e.link,
                "title": e.title,
                "summary": e.get("summary", ""),
                "content": e.content[0].value,
                "language": e.get("language") or e.title_detail.language or "",
                "published": seconds(e.published_parsed),
                "updated": seconds(e.get("updated_parsed") or e.published_parsed),
                "tags": [t.label or t.term for t in e.get("tags", [])],
                "authors": [a.name for a in e.authors],
            }
            for e in doc.entries
        ],
    }


def json_feed(path):
    with open(path, encoding="utf-8") as f:
        doc = json.load(f)

    def moment(text):
        return int(datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp())

    return {
        "title": doc["title"],
        "language": doc["language"],
        "items": [
            {
                "id": i["id"],
                "link": i["url"],
                "title": i["title"],
                "summary": i.get("summary", ""),
                "content": i["content_html"],
                "language": i.get("language", ""),
                "published": moment(i["date_published"]),
                "updated": moment(i["date_modified"]),
                "tags": i.get("tags", []),
                "authors": [a["name"] for a in i["authors"]],
            }
            for i in doc["items"]
        ],
    }


def maildir(path):
    mails = []
    for _, message in mailbox.Maildir(path, create=False).items():
        m = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
        defects = [repr(d) for part in m.walk() for d in part.defects]
        defects += [f"{k}: {d!r}" for part in m.walk() for k, v in part.items() for d in v.defects]
        mails.append(
            {
                "to": [a.addr_spec for a in m["To"].addresses],
                "from": m["From"].addresses[0].display_name,
                "subject": str(m["Subject"]),
                "message_id": str(m["Message-ID"]),
                "date": int(m["Date"].datetime.timestamp()),
                "unsubscribe": str(m["List-Unsubscribe"]).strip(),
                "text": m.get_body(["plain"]).get_content(),
                "html": m.get_body(["html"]).get_content(),
                "defects": defects,
            }
        )
    return mails


what, path = sys.argv[1:]
if what == "maildir":
    result = maildir(path)
elif path.endswith(".json"):
    result = json_feed(path)
else:
    result = xml_feed(path)
json.dump(result, sys.stdout)
