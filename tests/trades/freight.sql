-- A freight company with several customers' accounts: shipments with legs, tracking events, vehicles and invoices.
CREATE TABLE account (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    company_name VARCHAR(120) NOT NULL,
    vat_id VARCHAR(20) NULL,
    iban VARCHAR(34) NULL,
    currency CHAR(3) NOT NULL DEFAULT 'EUR',
    credit_limit DECIMAL(12,2) NOT NULL DEFAULT 10000.00,
    credit_used DECIMAL(12,2) NOT NULL DEFAULT 0.00,
    is_active TINYINT(1) NOT NULL DEFAULT 1,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT chk_account_credit CHECK (credit_used <= credit_limit)
);

CREATE TABLE contact (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account_id INT UNSIGNED NOT NULL,
    first_name VARCHAR(60) NOT NULL,
    last_name VARCHAR(60) NOT NULL,
    email VARCHAR(120) NOT NULL,
    phone VARCHAR(30) NULL,
    last_login_at DATETIME NULL,
    created_at DATETIME NOT NULL,
    UNIQUE KEY uq_contact_email (email),
    CONSTRAINT fk_contact_account FOREIGN KEY (account_id) REFERENCES account (id),
    CONSTRAINT chk_contact_email CHECK (email LIKE '%_@_%')
);

CREATE TABLE location (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(100) NOT NULL,
    city VARCHAR(80) NOT NULL,
    postcode VARCHAR(12) NOT NULL,
    country_code CHAR(2) NOT NULL,
    latitude DECIMAL(9,6) NULL,
    longitude DECIMAL(9,6) NULL
);

CREATE TABLE vehicle (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    license_plate VARCHAR(12) NOT NULL,
    type ENUM('van', 'truck', 'trailer') NOT NULL,
    capacity_kg INT UNSIGNED NOT NULL,
    reserved_kg INT UNSIGNED NOT NULL DEFAULT 0,
    is_retired TINYINT(1) NOT NULL DEFAULT 0,
    purchased_on DATE NOT NULL,
    retired_on DATE NULL,
    UNIQUE KEY uq_vehicle_plate (license_plate),
    CONSTRAINT chk_vehicle_load CHECK (reserved_kg <= capacity_kg)
);

CREATE TABLE shipment (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account_id INT UNSIGNED NOT NULL,
    contact_id INT UNSIGNED NOT NULL,
    origin_id INT UNSIGNED NOT NULL,
    destination_id INT UNSIGNED NOT NULL,
    reference VARCHAR(24) NOT NULL,
    status ENUM('draft', 'booked', 'in_transit', 'delivered', 'cancelled') NOT NULL DEFAULT 'draft',
    weight_kg DECIMAL(9,2) NOT NULL,
    freight DECIMAL(10,2) NOT NULL,
    surcharge DECIMAL(10,2) NOT NULL DEFAULT 0.00,
    discount DECIMAL(10,2) NOT NULL DEFAULT 0.00,
    price DECIMAL(10,2) NOT NULL,
    created_at DATETIME NOT NULL,
    booked_at DATETIME NULL,
    picked_up_at DATETIME NULL,
    delivered_at DATETIME NULL,
    cancelled_at DATETIME NULL,
    UNIQUE KEY uq_shipment_reference (reference),
    CONSTRAINT fk_shipment_account FOREIGN KEY (account_id) REFERENCES account (id),
    CONSTRAINT fk_shipment_contact FOREIGN KEY (contact_id) REFERENCES contact (id),
    CONSTRAINT fk_shipment_origin FOREIGN KEY (origin_id) REFERENCES location (id),
    CONSTRAINT fk_shipment_destination FOREIGN KEY (destination_id) REFERENCES location (id),
    CONSTRAINT chk_shipment_price CHECK (price = freight + surcharge - discount),
    CONSTRAINT chk_shipment_amounts CHECK (freight >= 0 AND surcharge >= 0 AND discount >= 0 AND price >= 0)
);

CREATE TABLE leg (
    shipment_id BIGINT UNSIGNED NOT NULL,
    seq TINYINT UNSIGNED NOT NULL,
    vehicle_id INT UNSIGNED NULL,
    from_location_id INT UNSIGNED NOT NULL,
    to_location_id INT UNSIGNED NOT NULL,
    departs_at DATETIME NOT NULL,
    arrives_at DATETIME NOT NULL,
    distance_km DECIMAL(7,1) NOT NULL,
    PRIMARY KEY (shipment_id, seq),
    CONSTRAINT fk_leg_shipment FOREIGN KEY (shipment_id) REFERENCES shipment (id) ON DELETE CASCADE,
    CONSTRAINT fk_leg_vehicle FOREIGN KEY (vehicle_id) REFERENCES vehicle (id),
    CONSTRAINT fk_leg_from FOREIGN KEY (from_location_id) REFERENCES location (id),
    CONSTRAINT fk_leg_to FOREIGN KEY (to_location_id) REFERENCES location (id),
    CONSTRAINT chk_leg_times CHECK (arrives_at > departs_at)
);

CREATE TABLE tracking_event (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    shipment_id BIGINT UNSIGNED NOT NULL,
    location_id INT UNSIGNED NULL,
    event_type VARCHAR(20) NOT NULL,
    message VARCHAR(255) NULL,
    payload JSON NULL,
    occurred_at DATETIME(3) NOT NULL,
    CONSTRAINT fk_event_shipment FOREIGN KEY (shipment_id) REFERENCES shipment (id),
    CONSTRAINT fk_event_location FOREIGN KEY (location_id) REFERENCES location (id),
    CONSTRAINT chk_event_type CHECK (event_type IN ('created', 'picked_up', 'departed', 'arrived', 'customs', 'delivered', 'exception'))
);

CREATE TABLE freight_invoice (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    account_id INT UNSIGNED NOT NULL,
    invoice_no VARCHAR(20) NOT NULL,
    net_amount DECIMAL(12,2) NOT NULL,
    vat_rate DECIMAL(4,2) NOT NULL DEFAULT 19.00,
    vat_amount DECIMAL(12,2) NOT NULL,
    gross_amount DECIMAL(12,2) NOT NULL,
    status ENUM('open', 'paid', 'overdue', 'void') NOT NULL DEFAULT 'open',
    issued_on DATE NOT NULL,
    due_on DATE NOT NULL,
    paid_on DATE NULL,
    UNIQUE KEY uq_freight_invoice_no (invoice_no),
    CONSTRAINT fk_freight_invoice_account FOREIGN KEY (account_id) REFERENCES account (id),
    CONSTRAINT chk_freight_invoice CHECK (gross_amount = net_amount + vat_amount),
    CONSTRAINT chk_freight_invoice_due CHECK (due_on >= issued_on)
);
