export const dynamic = 'force-dynamic';
export default async function Page({ params }) { const { id } = await params; if (id === 'boom') throw new RangeError('no such item'); return <p>item {id}</p>; }
