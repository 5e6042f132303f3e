export const dynamic = "force-dynamic";

export default async function Page({ params }) {
  const item = Number((await params).item);
  if (item > 100) {
    console.warn("no item %d", item);
    throw new RangeError(`no item ${item}`);
  }
  return <p>item {item}</p>;
}
