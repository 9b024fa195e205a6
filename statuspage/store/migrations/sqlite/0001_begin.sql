-- SPDX-License-Identifier: Apache-2.0
-- Times are milliseconds since 1970. Documents are JSON.
-- +goose Up

-- How often incidents, maintenances, announcements and corrections changed.
CREATE TABLE revision (
  one    INTEGER PRIMARY KEY CHECK (one = 1),
  number INTEGER NOT NULL
) STRICT;
INSERT INTO revision VALUES (1, 0);

-- What people wrote: kind is incident, maintenance, announcement, correction or template.
CREATE TABLE subject (
  kind     TEXT NOT NULL,
  id       TEXT NOT NULL,
  title    TEXT NOT NULL,
  document TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- Who changed what. Of a subscriber it never has the address.
CREATE TABLE journal (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  time          INTEGER NOT NULL,
  author        TEXT NOT NULL,
  action        TEXT NOT NULL,
  kind          TEXT NOT NULL,
  subject       TEXT NOT NULL,
  title         TEXT NOT NULL,
  before_change TEXT,
  after_change  TEXT
) STRICT;
CREATE INDEX journal_subject ON journal (subject, id);
CREATE INDEX journal_kind ON journal (kind, id);
CREATE INDEX journal_time ON journal (time);

-- The layout of the page that was saved last.
CREATE TABLE layout (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  document TEXT NOT NULL
) STRICT;

-- How a finished day was spent, by every node and service: days since 1970, and
-- the minutes as codec.go writes them.
CREATE TABLE day (
  day     INTEGER PRIMARY KEY,
  minutes BLOB NOT NULL
) STRICT;

-- What was measured within the interval of a correction.
CREATE TABLE spent (
  correction TEXT PRIMARY KEY,
  minutes    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Operators who have logged in, by the hash of their cookie.
CREATE TABLE session (
  hash     BLOB PRIMARY KEY,
  operator TEXT NOT NULL,
  created  INTEGER NOT NULL,
  expires  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_operator ON session (operator);
CREATE INDEX session_expires ON session (expires);

CREATE TABLE subscriber (
  id         TEXT PRIMARY KEY,
  page       TEXT NOT NULL,
  kind       TEXT NOT NULL,
  address    TEXT NOT NULL,
  secret     TEXT NOT NULL,
  language   TEXT NOT NULL,
  components TEXT NOT NULL,
  major_only INTEGER NOT NULL,
  confirmed  INTEGER,
  created    INTEGER NOT NULL,
  failures   INTEGER NOT NULL,
  UNIQUE (page, kind, address)
) STRICT, WITHOUT ROWID;

-- What subscribers are told; fanned once its deliveries are made. That goes by the ID of
-- the subscribers, of which one was reached last.
CREATE TABLE news (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  kind           TEXT NOT NULL,
  subject        TEXT NOT NULL,
  subject_update TEXT NOT NULL,
  components     TEXT NOT NULL,
  major          INTEGER NOT NULL,
  time           INTEGER NOT NULL,
  fanned         INTEGER NOT NULL,
  reached        TEXT NOT NULL
) STRICT;
CREATE INDEX news_fanned ON news (fanned, id);

CREATE TABLE delivery (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  subscriber TEXT NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
  news       INTEGER REFERENCES news (id),
  payload    BLOB,
  attempts   INTEGER NOT NULL,
  due        INTEGER NOT NULL,
  created    INTEGER NOT NULL
) STRICT;
CREATE INDEX delivery_due ON delivery (attempts, due, id);
CREATE INDEX delivery_subscriber ON delivery (subscriber);
CREATE INDEX delivery_news ON delivery (news);
