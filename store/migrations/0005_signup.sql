-- How often somebody asked on the site to get mail, wanted or not. It is counted
-- also so that every asking costs one commit, whoever it names: how long the answer
-- takes must not tell who is on the list.
ALTER TABLE house ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
