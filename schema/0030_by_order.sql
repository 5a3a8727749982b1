-- A patient's deliveries are those of the patient's orders.
DROP INDEX delivery_patient;
