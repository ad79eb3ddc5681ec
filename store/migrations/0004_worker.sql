-- What a worker holds is found among the claimed rows, which are few, through
-- delivery_open: an index of its own had to be written twice for every message.
DROP INDEX delivery_worker;
