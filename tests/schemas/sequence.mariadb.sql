-- A SEQUENCE is no table to fill; a table whose key has its next number as the default is.
CREATE SEQUENCE invoice_number START WITH 1000 INCREMENT BY 1;

CREATE TABLE invoice (
    id BIGINT NOT NULL DEFAULT (NEXT VALUE FOR invoice_number) PRIMARY KEY,
    customer VARCHAR(80) NOT NULL
);
