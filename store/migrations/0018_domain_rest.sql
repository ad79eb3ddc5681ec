-- Domains that said that they get too much, so that all who work the outbox leave
-- them alone: written when one says so and when it is forgiven, not for each message.
CREATE TABLE domain_rest (
  domain  TEXT    NOT NULL PRIMARY KEY, -- in lower case
  until   INTEGER NOT NULL,             -- nothing goes there before
  strikes INTEGER NOT NULL              -- how often it said so without being forgiven
) STRICT, WITHOUT ROWID;
