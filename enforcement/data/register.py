"""The CQC register as loaded: providers, locations, duties, and what a person reviewed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from enforcement.data.base import Base


class Provider(Base):
    """The legal person registered with CQC; the only one who can be penalised."""

    __tablename__ = "provider"

    id: Mapped[int] = mapped_column(primary_key=True)
    cqc_id: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    search_name: Mapped[str] = mapped_column(String(200), index=True)
    ownership_type: Mapped[str | None] = mapped_column(String(60))
    company_number: Mapped[str | None] = mapped_column(String(20))
    charity_number: Mapped[str | None] = mapped_column(String(20))
    address: Mapped[list[Any]]
    postcode: Mapped[str | None] = mapped_column(String(10))
    phone: Mapped[str | None] = mapped_column(String(30))
    region: Mapped[str | None] = mapped_column(String(60))
    local_authority: Mapped[str | None] = mapped_column(String(80))
    nominated_individual: Mapped[str | None] = mapped_column(String(120))
    main_partner: Mapped[str | None] = mapped_column(String(120))
    registered_on: Mapped[date | None]
    deregistered_on: Mapped[date | None]
    public_body: Mapped[bool | None]  # the latest review's answer; None: not reviewed
    review_raised: Mapped[str | None] = mapped_column(Text)  # why a review is asked for
    file_id: Mapped[int | None] = mapped_column(ForeignKey("imported_file.id"))
    version: Mapped[int] = mapped_column(default=1)

    locations: Mapped[list[Location]] = relationship(
        back_populates="provider", order_by="Location.cqc_id"
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration


class Location(Base):
    """A CQC-registered place or branch of a provider."""

    __tablename__ = "location"

    id: Mapped[int] = mapped_column(primary_key=True)
    cqc_id: Mapped[str] = mapped_column(String(20), unique=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[list[Any]]
    postcode: Mapped[str | None] = mapped_column(String(10), index=True)
    phone: Mapped[str | None] = mapped_column(String(30))
    local_authority: Mapped[str | None] = mapped_column(String(80))
    region: Mapped[str | None] = mapped_column(String(60))
    service_names: Mapped[list[Any]]
    dormant: Mapped[bool] = mapped_column(Boolean, default=False)
    beds: Mapped[int | None]
    users: Mapped[int | None]  # people using a community service: from the last return or CQC
    users_source: Mapped[str | None] = mapped_column(Text)
    registered_on: Mapped[date | None]
    deregistered_on: Mapped[date | None]
    dual_registered: Mapped[bool] = mapped_column(Boolean, default=False)
    primary_id: Mapped[str | None] = mapped_column(String(20))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("imported_file.id"))
    version: Mapped[int] = mapped_column(default=1)

    provider: Mapped[Provider] = relationship(back_populates="locations")
    duties: Mapped[list[Duty]] = relationship(back_populates="location", order_by="Duty.service")
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration


class Duty(Base):
    """Location × service, with the dates between which it is owed.

    `first_window` and `last_window` are those dates as window numbers (year × 12 + month − 1),
    worked out from the domain rule when the register is loaded, so that one statement can list
    the misses of fifty thousand duties.
    """

    __tablename__ = "duty"

    id: Mapped[int] = mapped_column(primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), index=True)
    service: Mapped[str] = mapped_column(String(20))
    owed_from: Mapped[date | None]
    owed_to: Mapped[date | None]
    first_window: Mapped[int]
    last_window: Mapped[int]

    location: Mapped[Location] = relationship(back_populates="duties")
    __table_args__ = (
        Index("uq_duty_location_service", "location_id", "service", unique=True),
        CheckConstraint("service in ('care_home', 'home_care')", name="service"),
    )


class DualRegistration(Base):
    """Two providers registered at one place (CQC's sense): settled by a person, never guessed."""

    __tablename__ = "dual_registration"

    id: Mapped[int] = mapped_column(primary_key=True)
    location_cqc_id: Mapped[str] = mapped_column(String(20), index=True)
    linked_cqc_id: Mapped[str] = mapped_column(String(20), index=True)
    primary_cqc_id: Mapped[str | None] = mapped_column(String(20))
    answerable_cqc_id: Mapped[str | None] = mapped_column(String(20))
    settled_by: Mapped[str | None] = mapped_column(String(80))
    settled_reason: Mapped[str | None] = mapped_column(Text)
    settled_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        Index("uq_dual_registration_pair", "location_cqc_id", "linked_cqc_id", unique=True),
    )
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own declaration


class PublicBodyReview(Base):
    """A person's finding, with evidence, on whether a provider is a public body. Append only."""

    __tablename__ = "public_body_review"

    id: Mapped[int] = mapped_column(primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), index=True)
    public_body: Mapped[bool]
    functions: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[str] = mapped_column(Text)
    reviewed_by: Mapped[str] = mapped_column(String(80))
    reviewed_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("length(evidence) > 0", name="evidence"),)


class Contact(Base):
    """Who may be written to for a provider, in what capacity, from which source and date."""

    __tablename__ = "contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    capacity: Mapped[str] = mapped_column(String(40))
    email: Mapped[str | None] = mapped_column(String(254))
    address: Mapped[list[Any]]
    postcode: Mapped[str | None] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(200))
    as_at: Mapped[date]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("imported_file.id"))

    __table_args__ = (
        Index("uq_contact_row", "provider_id", "capacity", "name", "email", "as_at", unique=True),
    )


class RegisterChange(Base):
    """One change a register file made, in words, with the file it came from."""

    __tablename__ = "register_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("imported_file.id"), index=True)
    provider_id: Mapped[int] = mapped_column(ForeignKey("provider.id"), index=True)
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    kind: Mapped[str] = mapped_column(String(40))  # new, closed, renamed, moved, sold, …
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str | None] = mapped_column(Text)
    effective_on: Mapped[date | None]
    noticed_at: Mapped[datetime]
