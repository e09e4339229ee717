-- Two foreign keys of which one has all columns of the other, to parents that agree only through a third table: a port, and what extends its network.

CREATE TABLE network (id VARCHAR(36) PRIMARY KEY);

CREATE TABLE port (
  id VARCHAR(36) PRIMARY KEY,
  network_id VARCHAR(36) NOT NULL,
  UNIQUE KEY uq_port (id, network_id),
  CONSTRAINT fk_port FOREIGN KEY (network_id) REFERENCES network (id)
);

CREATE TABLE special_network (
  network_id VARCHAR(36) PRIMARY KEY,
  CONSTRAINT fk_special_network FOREIGN KEY (network_id) REFERENCES network (id)
);

CREATE TABLE advertised_port (
  port_id VARCHAR(36) PRIMARY KEY,
  network_id VARCHAR(36) NOT NULL,
  CONSTRAINT fk_advertised_port FOREIGN KEY (port_id, network_id) REFERENCES port (id, network_id),
  CONSTRAINT fk_advertised_port_network FOREIGN KEY (network_id) REFERENCES special_network (network_id)
);
