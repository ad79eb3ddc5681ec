-- A notice that has ended keeps no message: that holds a link which speaks for its
-- reader. The row itself is removed after a while.
UPDATE notice SET mould = x'' WHERE NOT open;
CREATE INDEX notice_ended ON notice (at) WHERE NOT open;
CREATE INDEX request_expires ON request (expires_at);
