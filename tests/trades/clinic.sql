-- A group of clinics: patients, appointments with a course of times, treatments with amounts, invoices and payments.
CREATE TABLE clinic (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(120) NOT NULL,
    street VARCHAR(120) NOT NULL,
    city VARCHAR(80) NOT NULL,
    postcode VARCHAR(12) NOT NULL,
    country CHAR(2) NOT NULL DEFAULT 'DE',
    phone VARCHAR(30) NULL,
    opened_on DATE NOT NULL
);

CREATE TABLE specialty (
    id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    code VARCHAR(12) NOT NULL,
    name VARCHAR(60) NOT NULL,
    UNIQUE KEY uq_specialty_code (code)
);

CREATE TABLE practitioner (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    clinic_id INT UNSIGNED NOT NULL,
    specialty_id SMALLINT UNSIGNED NOT NULL,
    first_name VARCHAR(60) NOT NULL,
    last_name VARCHAR(60) NOT NULL,
    email VARCHAR(120) NOT NULL,
    is_active TINYINT(1) NOT NULL DEFAULT 1,
    hired_on DATE NOT NULL,
    left_on DATE NULL,
    UNIQUE KEY uq_practitioner_email (email),
    CONSTRAINT fk_practitioner_clinic FOREIGN KEY (clinic_id) REFERENCES clinic (id),
    CONSTRAINT fk_practitioner_specialty FOREIGN KEY (specialty_id) REFERENCES specialty (id),
    CONSTRAINT chk_practitioner_left CHECK (left_on IS NULL OR left_on > hired_on)
);

CREATE TABLE patient (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    clinic_id INT UNSIGNED NOT NULL,
    first_name VARCHAR(60) NOT NULL,
    last_name VARCHAR(60) NOT NULL,
    gender ENUM('female', 'male', 'diverse') NOT NULL,
    birth_date DATE NOT NULL,
    email VARCHAR(120) NULL,
    phone VARCHAR(30) NULL,
    street VARCHAR(120) NULL,
    city VARCHAR(80) NULL,
    postcode VARCHAR(12) NULL,
    allergies VARCHAR(255) NULL,
    created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at DATETIME NULL,
    deleted_at DATETIME NULL,
    UNIQUE KEY uq_patient_email (email),
    CONSTRAINT fk_patient_clinic FOREIGN KEY (clinic_id) REFERENCES clinic (id)
);

CREATE TABLE appointment (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    clinic_id INT UNSIGNED NOT NULL,
    patient_id BIGINT UNSIGNED NOT NULL,
    practitioner_id INT UNSIGNED NOT NULL,
    status ENUM('booked', 'confirmed', 'checked_in', 'completed', 'cancelled', 'no_show') NOT NULL DEFAULT 'booked',
    starts_at DATETIME NOT NULL,
    ends_at DATETIME NOT NULL,
    created_at DATETIME NOT NULL,
    confirmed_at DATETIME NULL,
    checked_in_at DATETIME NULL,
    completed_at DATETIME NULL,
    cancelled_at DATETIME NULL,
    cancel_reason VARCHAR(200) NULL,
    notes TEXT NULL,
    KEY ix_appointment_starts (starts_at),
    CONSTRAINT fk_appointment_clinic FOREIGN KEY (clinic_id) REFERENCES clinic (id),
    CONSTRAINT fk_appointment_patient FOREIGN KEY (patient_id) REFERENCES patient (id),
    CONSTRAINT fk_appointment_practitioner FOREIGN KEY (practitioner_id) REFERENCES practitioner (id),
    CONSTRAINT chk_appointment_times CHECK (ends_at > starts_at)
);

CREATE TABLE invoice (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    appointment_id BIGINT UNSIGNED NOT NULL,
    number VARCHAR(20) NOT NULL,
    net DECIMAL(10,2) NOT NULL,
    tax DECIMAL(10,2) NOT NULL DEFAULT 0.00,
    total DECIMAL(10,2) NOT NULL,
    currency CHAR(3) NOT NULL DEFAULT 'EUR',
    issued_at DATETIME NOT NULL,
    due_on DATE NOT NULL,
    paid_at DATETIME NULL,
    UNIQUE KEY uq_invoice_number (number),
    CONSTRAINT fk_invoice_appointment FOREIGN KEY (appointment_id) REFERENCES appointment (id),
    CONSTRAINT chk_invoice_total CHECK (total = net + tax),
    CONSTRAINT chk_invoice_net CHECK (net >= 0 AND tax >= 0)
);

CREATE TABLE treatment (
    appointment_id BIGINT UNSIGNED NOT NULL,
    line_no SMALLINT UNSIGNED NOT NULL,
    code VARCHAR(12) NOT NULL,
    description VARCHAR(200) NOT NULL,
    quantity SMALLINT UNSIGNED NOT NULL DEFAULT 1,
    unit_price DECIMAL(8,2) NOT NULL,
    amount DECIMAL(10,2) NOT NULL,
    PRIMARY KEY (appointment_id, line_no),
    CONSTRAINT fk_treatment_appointment FOREIGN KEY (appointment_id) REFERENCES appointment (id) ON DELETE CASCADE,
    CONSTRAINT chk_treatment_amount CHECK (amount = quantity * unit_price),
    CONSTRAINT chk_treatment_quantity CHECK (quantity BETWEEN 1 AND 20)
);

CREATE TABLE diagnosis (
    patient_id BIGINT UNSIGNED NOT NULL,
    specialty_id SMALLINT UNSIGNED NOT NULL,
    is_chronic BOOLEAN NOT NULL DEFAULT 0,
    noted_at DATETIME NOT NULL,
    PRIMARY KEY (patient_id, specialty_id),
    CONSTRAINT fk_diagnosis_patient FOREIGN KEY (patient_id) REFERENCES patient (id),
    CONSTRAINT fk_diagnosis_specialty FOREIGN KEY (specialty_id) REFERENCES specialty (id)
);
