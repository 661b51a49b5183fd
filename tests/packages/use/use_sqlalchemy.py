from sqlalchemy import ForeignKey, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    name: Mapped[str] = mapped_column(primary_key=True)
    things: Mapped[list["Thing"]] = relationship(back_populates="owner")


class Thing(Base):
    __tablename__ = "thing"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_name: Mapped[str] = mapped_column(ForeignKey("owner.name"))
    weight: Mapped[int]
    owner: Mapped[Owner] = relationship(back_populates="things")


def sums(rows):
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        owners = {name: Owner(name=name) for name, _ in rows}
        session.add_all([*owners.values(), *(Thing(owner=owners[name], weight=weight) for name, weight in rows)])
        session.commit()
        query = select(Owner.name, func.sum(Thing.weight)).join(Owner.things).group_by(Owner.name).order_by(Owner.name)
        return [list(row) for row in session.execute(query)]
